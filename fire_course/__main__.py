"""Lets ``python -m fire_course`` do what ``fire-course`` does."""

from fire_course.cli import main

if __name__ == "__main__":
    main()
