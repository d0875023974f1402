"""The commands `jinjibu review …`: collect lines, write the files, compare two models."""

import json
import tempfile
from pathlib import Path
from typing import Annotated, Any

import typer

from desk.audit import service as audit
from desk.cli_run import run
from desk.config import ROOT, Settings
from desk.db import Database
from desk.launcher.model import BOT_PYTHON, run_with_rasa
from desk.observability import set_up_logging
from desk.review.export import Export, make_export
from desk.review.service import ReviewService
from desk.review.sets import REVIEWED_TEST
from desk.review.tasks import TaskService

app = typer.Typer(
    no_args_is_help=True,
    help="What owners said and the bot understood, reviewed by people.",
    add_completion=False,
)
SHOWN = ("sentences", "intent_accuracy", "intent_macro_f1", "false_refusals")
Model = Annotated[Path, typer.Option(exists=True, dir_okay=False, help="Archive of a model.")]
Root = Annotated[Path, typer.Option(file_okay=False, help="The repository that is written to.")]


@app.callback()
def prepare() -> None:
    """The review."""
    set_up_logging()


@app.command()
def collect() -> None:
    """Look for lines to review in the conversations that changed."""
    added = run(lambda database, settings: ReviewService(database, settings, ROOT).collect())
    typer.echo(f"New lines to review: {added}.")


@app.command()
def export(*, root: Root = ROOT) -> None:
    """Write what was agreed on into the training and test sentences and the trials."""
    made = run(_export)
    made.write(root)
    for name in made.files:
        typer.echo(name)
    typer.echo(json.dumps(made.counts), err=True)


async def _export(database: Database, settings: Settings) -> Export:
    review = ReviewService(database, settings, ROOT)
    made = await make_export(database, review, TaskService(database, review))
    await audit.record_alone(
        database,
        action="review_exported",
        actor=audit.Actor.OPERATOR,
        actor_id=None,
        subject="review",
        details=made.counts,
    )
    return made


@app.command()
def figures(
    *,
    before: Model,
    after: Model,
    sentences: Annotated[
        Path, typer.Option(exists=True, file_okay=False, help="Folder of test sentences.")
    ] = ROOT / REVIEWED_TEST,
) -> None:
    """Print how two models understand the reviewed test sentences, side by side."""
    if not any(sentences.glob("*.yml")):
        typer.echo(f"{sentences} has no sentences yet; run 'jinjibu review export'.", err=True)
        raise typer.Exit(1)
    old, new = (_measure(model, sentences) for model in (before, after))
    typer.echo(f"{'':18} {'before':>8} {'after':>8}")
    for name in SHOWN:
        typer.echo(f"{name:18} {old[name]:8} {new[name]:8}")
    old_f1, new_f1 = (each["concern_micro"]["f1"] for each in (old, new))
    typer.echo(f"{'concern_micro_f1':18} {old_f1:8} {new_f1:8}")


def _measure(model: Path, sentences: Path) -> dict[str, Any]:
    """What bench/nlu.py says of a model, in Rasa's environment."""
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "figures.json"
        command = [str(BOT_PYTHON), "bench/nlu.py", "--model", str(model.resolve())]
        command += ["--sentences", str(sentences.resolve()), "--json", str(out)]
        done = run_with_rasa(command)
        if done.returncode != 0 or not out.is_file():
            typer.echo("\n".join(done.stdout.splitlines()[-15:]), err=True)
            raise typer.Exit(1)
        found: dict[str, Any] = json.loads(out.read_text(encoding="utf-8"))
        return found
