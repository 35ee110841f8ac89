"""A small lesson that needs nothing but Python."""

from types import SimpleNamespace

import pytest

SMALL = '''\
---
jupytext:
  text_representation: {extension: .md, format_name: myst}
kernelspec: {name: python3, display_name: Python 3, language: python}
---

# Sums

A lesson for tests.

```{code-cell} python
---
id: setup
role: setup
---
class check:
    """Stands in for the real one, whose exercises are other ones."""

    def __init__(self, name, answer):
        right = {"add": (5, 2, 3), "twice": (8, 4)}[name]
        self.text = f"{name}: {'passed' if answer(*right[1:]) == right[0] else 'not yet'}"

    def __repr__(self):
        return self.text
```

## Adding

Return the sum.

```{code-cell} python
---
id: add-answer
exercise: add
---
def add(a, b):
    """Return a + b."""
    ### BEGIN SOLUTION
    if b == 0:
        return a
    secret_sum = a + b
    return secret_sum
    ### END SOLUTION
```

```{code-cell} python
---
id: add-check
exercise: add
---
check("add", add)
```

A picture of it:

```{code-cell} python
:tags: [remove-input]

print(list(range(3)))
```

## Doubling

```{code-cell} python
:exercise: twice

### BEGIN SOLUTION
FACTOR = 1 + 1
### END SOLUTION


def twice(a):
    ### BEGIN SOLUTION
    return FACTOR * a
    ### END SOLUTION
```

```{code-cell} python
:exercise: twice

check("twice", twice)
```
'''

EXERCISES = (
    SimpleNamespace(name="add", function="add", points=1.0),
    SimpleNamespace(name="twice", function="twice", points=2.5),
)

URL = "https://example.org/course"


@pytest.fixture(scope="session")
def small() -> str:
    return SMALL


@pytest.fixture(scope="session")
def exercises() -> tuple[SimpleNamespace, ...]:
    return EXERCISES


@pytest.fixture
def course(tmp_path):
    """A course's folder with that lesson."""
    (tmp_path / "solutions").mkdir()
    (tmp_path / "solutions" / "01_sums.md").write_text(SMALL)
    (tmp_path / "_config.yml").write_text(f"repository: {{url: {URL}}}\n")
    return tmp_path
