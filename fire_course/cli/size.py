"""``fire-course size``: what a layer makes of a size, with the reasons."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from fire_course.cli.common import JsonOption, talk

EXAMPLE = (
    "Examples:\n\n"
    "fire-course size 250 --kernel 3 --stride 2 --padding same\n\n"
    "fire-course size 13 --kernel 2 --pool --ceil\n\n"
    "fire-course size 250 --target 7 --padding valid"
)

_SHOWN = 12  # settings that reach a target: as many as can be compared at a glance


def size(
    n: Annotated[
        str, typer.Argument(metavar="N", help="Size of the input: 250, or 480x640.")
    ],
    kernel: Annotated[
        str | None,
        typer.Option(metavar="K", help="Size of the window: 3, or 3x5."),
    ] = None,
    stride: Annotated[
        str | None,
        typer.Option(
            metavar="S", help="Step; if missing 1, for a pooling the kernel's size."
        ),
    ] = None,
    padding: Annotated[
        str | None,
        typer.Option(
            metavar="P",
            help="valid, same, causal, a number for each side, or BEFORE,AFTER; "
            "if missing, valid.",
        ),
    ] = None,
    dilation: Annotated[
        str, typer.Option(metavar="D", help="Distance of the window's points.")
    ] = "1",
    ceil: Annotated[
        bool, typer.Option("--ceil", help="Round up, as PyTorch's ceil_mode.")
    ] = False,
    pool: Annotated[bool, typer.Option("--pool", help="A pooling.")] = False,
    transposed: Annotated[
        bool, typer.Option("--transposed", help="A transposed convolution.")
    ] = False,
    output_padding: Annotated[
        str | None,
        typer.Option(metavar="N", help="For a transposed one: columns at the end."),
    ] = None,
    target: Annotated[
        int | None,
        typer.Option(
            metavar="M", min=1, help="Show the settings that give this size instead."
        ),
    ] = None,
    json: JsonOption = False,
) -> None:
    """Explain the output size of a convolution or pooling.

    The formula with the numbers put in, the steps, the columns of the input that
    no window sees, and the layer of Keras. With --target, the settings that reach
    a size; kernel, stride and padding are kept where they are given.
    """
    given: dict[str, Any] = {
        "kernel": _numbers("--kernel", kernel),
        "stride": _numbers("--stride", stride),
        "padding": _padding(padding),
    }
    with talk(json=json) as voice:
        places: Any = _numbers("N", n)
        gaps: Any = _numbers("--dilation", dilation)
        if target is not None:
            if ceil or pool or transposed or output_padding:
                raise typer.BadParameter(
                    "goes with --kernel, --stride, --padding and --dilation only",
                    param_hint="--target",
                )
            if not isinstance(places, int):
                raise typer.BadParameter(
                    "goes with one axis: give N as one number", param_hint="--target"
                )
            _solve(voice, places, target, given, gaps)
            return
        from fire_course.shapes import explain_size

        if given["kernel"] is None:
            raise typer.BadParameter("say its size, such as 3", param_hint="--kernel")
        settings = {key: value for key, value in given.items() if value is not None}
        answer = explain_size(
            places,
            settings.pop("kernel"),
            **settings,
            dilation=gaps,
            ceil=ceil,
            pool=pool,
            transposed=transposed,
            output_padding=_numbers("--output-padding", output_padding),
        )
        voice.say(str(answer))
        voice.answer(
            {
                "size": answer.size,
                "formula": answer.formula,
                "steps": answer.steps,
                "ignored": answer.ignored,
                "keras": answer.keras,
                "keras_note": answer.keras_note,
            }
        )


def _solve(
    voice: Any, places: Any, target: int, given: dict[str, Any], dilation: Any
) -> None:
    from fire_course.shapes import solve_size

    found = solve_size(places, target, **given, dilation=dilation)
    if not found:
        voice.say(f"No such setting makes {target} of {places}.")
    else:
        voice.say(f"{len(found)} settings make {target} of {places}:")
    for setting in found[:_SHOWN]:
        voice.say(
            f"  kernel {setting.kernel}, stride {setting.stride}, "
            f"padding {setting.padding}"
        )
    if len(found) > _SHOWN:
        voice.say("  ... give --kernel, --stride or --padding to see fewer.")
    voice.answer(
        {
            "n": places,
            "target": target,
            "settings": [setting._asdict() for setting in found],
        }
    )


def _numbers(name: str, text: str | None) -> int | tuple[int, ...] | None:
    """Read 3, or 3x5 for several axes."""
    if text is None:
        return None
    try:
        values = tuple(int(part) for part in text.lower().split("x"))
    except ValueError:
        raise typer.BadParameter(
            f"{text!r} is no whole number and not like 3x5", param_hint=name
        ) from None
    return values[0] if len(values) == 1 else values


def _padding(text: str | None) -> Any:
    """Read a name, 1, or 0,1; the names themselves are checked with the rest."""
    if text is None:
        return None
    parts = text.split(",")
    try:
        values = [int(part) for part in parts]
    except ValueError:
        return text
    return values[0] if len(values) == 1 else tuple(values)
