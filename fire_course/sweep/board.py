"""Logs for TensorBoard's HParams page, written without TensorFlow.

TensorBoard's own way to write them imports TensorFlow, for seconds; its
protocol buffers and its record writer do not need it.
"""

from __future__ import annotations

import shutil
import time
from pathlib import Path
from typing import Any

from fire_course import files
from fire_course.sweep.settings import SweepError
from fire_course.sweep.table import Row


class Board:
    """A folder of logs: one run a trial, named by the trial's key.

    Show them with ``tensorboard --logdir OUT/logs``.

    Parameters
    ----------
    folder : pathlib.Path
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def add(self, row: Row) -> None:
        """Write the settings and the figures of a trial, its curves included."""
        try:
            from tensorboard.plugins.hparams import (  # type: ignore[import-untyped]
                plugin_data_pb2 as pb,
            )
        except ModuleNotFoundError:
            raise SweepError(
                "The logs need the package tensorboard: install it, or pass "
                "tensorboard=False."
            ) from None
        from tensorboard.plugins.hparams import api_pb2, metadata

        start = pb.SessionStartInfo(group_name=row.key, start_time_secs=time.time())
        for name, value in row.settings.items():
            entry = start.hparams[name]
            if isinstance(value, bool):
                entry.bool_value = value
            elif isinstance(value, int | float):
                entry.number_value = value
            else:
                entry.string_value = str(value)
        done = row.status == "done"
        status = api_pb2.STATUS_SUCCESS if done else api_pb2.STATUS_FAILURE
        end = pb.SessionEndInfo(status=status, end_time_secs=time.time())
        events = [
            _hparams(
                metadata.SESSION_START_INFO_TAG,
                pb.HParamsPluginData(session_start_info=start),
            )
        ]
        for name, values in row.history.items():
            for epoch, value in enumerate(values, start=1):
                events += _scalar(f"epoch/{name}", value, epoch)
        for name, value in {**row.figures, "seconds": row.seconds}.items():
            events += _scalar(name, value, 0)
        events.append(
            _hparams(
                metadata.SESSION_END_INFO_TAG,
                pb.HParamsPluginData(session_end_info=end),
            )
        )
        self._write(row.key, events)

    def _write(self, name: str, events: list[Any]) -> None:
        from tensorboard.compat.proto.event_pb2 import (  # type: ignore[import-untyped]
            Event,
        )
        from tensorboard.summary.writer.record_writer import (  # type: ignore[import-untyped]
            RecordWriter,
        )

        run = self.folder / name
        now = time.time()
        try:
            shutil.rmtree(run, ignore_errors=True)  # of a trial that had failed
            run.mkdir(parents=True, exist_ok=True)
            path = run / f"events.out.tfevents.{int(now)}.sweep"
            with files.atomic_write(path) as temporary, temporary.open("wb") as file:
                writer = RecordWriter(file)
                writer.write(
                    Event(
                        wall_time=now, file_version="brain.Event:2"
                    ).SerializeToString()
                )
                for event in events:
                    event.wall_time = now
                    writer.write(event.SerializeToString())
        except files.FileError:
            raise
        except OSError as error:
            raise files.file_error(error, run) from error


def _hparams(tag: str, content: Any) -> Any:
    from tensorboard.compat.proto.event_pb2 import Event
    from tensorboard.compat.proto.summary_pb2 import (  # type: ignore[import-untyped]
        Summary,
    )
    from tensorboard.plugins.hparams import metadata

    value = Summary.Value(
        tag=tag,
        tensor=metadata.NULL_TENSOR,
        metadata=metadata.create_summary_metadata(content),
    )
    return Event(summary=Summary(value=[value]))


def _scalar(tag: str, value: Any, step: int) -> list[Any]:
    from tensorboard.compat.proto.event_pb2 import Event
    from tensorboard.compat.proto.summary_pb2 import Summary

    if isinstance(value, bool) or not isinstance(value, int | float):
        return []  # a text, or not defined
    found = Summary.Value(tag=tag, simple_value=float(value))
    return [Event(step=step, summary=Summary(value=[found]))]
