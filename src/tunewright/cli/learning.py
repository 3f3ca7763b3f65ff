"""Commands that train and tell what was trained: train, runs, recipes."""

from __future__ import annotations

from pathlib import Path

import click

from tunewright.cli.common import JSON, PATH, put_json, refuse_several_budgets, say


@click.command()
@click.argument("recipe", required=False)
@click.option("--corpus", default="", help="Learn from this corpus, .abc or MIDI file, folder or .zip instead.")
@click.option("--set", "assignments", multiple=True, metavar="SECTION.KEY=VALUE", help="Change a setting; repeatable.")
@click.option("--iterations", type=click.IntRange(1), help="Updates of the weights.")
@click.option("--minutes", type=click.FloatRange(0, 100_000, min_open=True), help="Train for about so long instead.")
@click.option("--characters", type=click.IntRange(1), help="Train until so many were read instead (or events).")
@click.option("--out", type=PATH, help="Run folder [default: runs/RECIPE].")
@click.option("--resume", is_flag=True, help="Go on with the run in --out.")
@click.option("--seed", type=click.IntRange(0), help="Of weights, batches and dropout.")
@click.option("--tracker", "trackers", multiple=True, help="Log to tensorboard or comet too; repeatable.")
@click.option("--tensorboard", is_flag=True, help="The same as --tracker tensorboard.")
@click.option(
    "--sample-every", default=0, type=click.IntRange(0), help="Let trackers hear a piece after so many iterations, too."
)
@click.option("--workers", default=1, type=click.IntRange(1), help="Processes that share each batch among them.")
@JSON
def train(
    recipe: str | None,
    corpus: str,
    assignments: tuple[str, ...],
    iterations: int | None,
    minutes: float | None,
    characters: int | None,
    out: Path | None,
    resume: bool,
    seed: int | None,
    trackers: tuple[str, ...],
    tensorboard: bool,
    sample_every: int,
    workers: int,
    as_json: bool,
) -> None:
    """Trains a recipe (or with --resume goes on with a run). Ctrl-C saves what was learned."""
    from tunewright.errors import SettingsError
    from tunewright.run import open_run
    from tunewright.samples import heard_trackers
    from tunewright.settings import load_recipe
    from tunewright.train import Budget
    from tunewright.train import train as train_run
    from tunewright.training.trackers import overfitting_told

    if not recipe and not (resume and out):
        raise SettingsError("train what? Give a recipe (tunewright recipes lists them), or --resume --out RUN")
    folder = out or Path("runs") / Path(recipe or "").stem
    changes = [*assignments]
    changes += [f"training.iterations={iterations}"] if iterations else []
    changes += [f"training.seed={seed}"] if seed is not None else []
    refuse_several_budgets(iterations, minutes, characters)
    if resume and (corpus or changes or minutes or characters):
        raise SettingsError("--resume goes on with the run's own settings; leave the other options out")
    settings = open_run(folder).settings if resume else load_recipe(recipe or "")
    settings = (settings.with_corpus(corpus) if corpus else settings).changed(changes)
    names = ("console", *trackers, *(["tensorboard"] if tensorboard else []))
    watch = heard_trackers(names, sample_every)
    run = train_run(settings, folder, watch, resume=resume, budget=Budget(minutes, characters), workers=workers)
    results = run.about["results"]
    if as_json:
        put_json({"run": str(folder), **results})
    elif results["stopped"]:
        say(f"stopped after {results['iterations']} iterations; go on with: tunewright train --resume --out {folder}")
    else:
        best = results["best"]
        held_out = f", held out {best['bits_per_unit']:.3f} bits at iteration {best['iteration']}" if best else ""
        loss = f"training loss {results['final']['loss']:.3f} nats"
        since = results["overfitting"]
        told = f"; {overfitting_told(since['iteration'], since['epoch'])}" if since else ""
        form = f"{results['form']} form, " if run.kind == "tune" else ""
        say(f"{folder}: {form}{loss}{held_out}, {results['seconds']:.0f} s{told}")


@click.command()
@click.option("--in", "folder", default=Path("runs"), show_default=True, type=PATH)
def runs(folder: Path) -> None:
    """What has been trained."""
    from tunewright.run import find_runs

    for run in find_runs(folder):
        results = run.about.get("results", {})
        best = results.get("best")
        figure = f"{best['bits_per_unit']:.3f} bits at iteration {best['iteration']}" if best else "not measured"
        # Figures of one kind, or of one form, say nothing beside those of another.
        corpus = run.about["corpus"]
        is_of_tunes = corpus.get("kind", "tune") == "tune"
        read = f"{corpus.get('form', 'raw')} form" if is_of_tunes else f"{corpus['kind']}s"
        name = f"{run.name} (built-in)" if run.is_builtin else str(run.folder)
        click.echo(f"{name}  {run.about['recipe']}  {figure}, {read}")


@click.command()
def recipes() -> None:
    """What can be trained."""
    from tunewright.settings import load_recipe, recipe_names

    for name in recipe_names():
        click.echo(f"{name:16} {load_recipe(name).description}")
