"""The command line: options, messages and exit codes; no logic.

Imports nothing heavy until a command runs, so that ``--help`` answers at once. With ``--json`` one object goes to
standard output and nothing else; progress and messages go to standard error. A user's mistake gives one line and
exit code 2.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from tunewright.errors import TunewrightError

JSON = click.option("--json", "as_json", is_flag=True, help="Print one JSON object and nothing else.")
PATH = click.Path(path_type=Path)
Gather = Callable[[Any], dict[str, Any]]


class Commands(click.Group):
    """Turns our errors into one line and exit code 2, and keeps the commands in the order they are written."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(self.commands)

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except TunewrightError as error:
            click.echo(f"tunewright: {error}", err=True)
            ctx.exit(2)


def say(message: str) -> None:
    """A message to the user, on standard error."""
    click.echo(message, err=True)


def put_json(content: dict[str, Any]) -> None:
    """The one object on standard output."""
    click.echo(json.dumps(content, ensure_ascii=False, indent=1))


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(package_name="tunewright")
def main() -> None:
    """Learns from tunes and composes new ones that parse, play, and can be seen and heard at once."""


@main.command()
@click.argument("run", required=False, type=PATH)
@click.option("--count", default=1, show_default=True, type=click.IntRange(1, 100_000), help="How many tunes.")
@click.option("--out", type=PATH, help="Folder to write to; without it the ABC is printed.")
@click.option("--to", "formats", default="abc,mid,wav,svg,png", show_default=True, help="Files to write for each tune.")
@click.option("--seed", default=0, show_default=True, help="Same seed, same tunes.")
@click.option("--type", default="", help="Dance, e.g. jig.")
@click.option("--meter", default="", help="E.g. 6/8.")
@click.option("--key", default="", help="E.g. Edor.")
@click.option("--title", default="", help="Title of the tune.")
@click.option(
    "--prompt", default="", help="ABC that the tune begins with (excludes the four above); \\n is a line end."
)
@click.option("--temperature", default=0.8, show_default=True, help="Below 1 plays safer, above 1 wilder.")
@click.option("--top-k", default=0, help="Draw from the k likeliest symbols.")
@click.option("--top-p", default=1.0, help="Draw from the likeliest symbols that reach this probability.")
@click.option("--min-p", default=0.0, help="Draw from symbols at least this share as likely as the likeliest.")
@click.option("--greedy", is_flag=True, help="Always take the likeliest symbol.")
@click.option("--replay", "replayed", type=PATH, help="Compose again what this provenance file (.json) tells of.")
@click.option("--soundfont", type=PATH, help="Instruments for .wav files (.sf2).")
@JSON
def compose(
    run: Path | None,
    count: int,
    out: Path | None,
    formats: str,
    replayed: Path | None,
    soundfont: Path | None,
    as_json: bool,
    **wishes: Any,
) -> None:
    """Composes new tunes; RUN left out means the built-in one."""
    from tunewright.compose import Composition, Tally, iterate, replay
    from tunewright.errors import SettingsError
    from tunewright.publish import Publisher, compositions_json, parse_formats
    from tunewright.run import builtin_run, open_run
    from tunewright.wish import Wish

    publisher = Publisher(out, parse_formats(formats), soundfont) if out else None
    tally = Tally()
    composed: list[Composition] = []
    try:
        if replayed:
            if run or count > 1:
                raise SettingsError("--replay composes the one tune that its file tells of; leave RUN and --count out")
            composed.append(replay(replayed))
        else:
            opened = open_run(run) if run else builtin_run()
            wish = Wish(**{**wishes, "prompt": wishes["prompt"].replace("\\n", "\n")})
            for composition in iterate(opened, wish, count=count, tally=tally):
                composed.append(composition)
                if not as_json:
                    piece = composition.piece
                    say(f"  {len(composed)}. {piece.title or 'untitled'} ({piece.type or 'tune'} in {piece.key})")
    finally:
        # What stands is kept, whatever happened to the rest.
        files, failed = publisher.publish(composed) if publisher and composed else ([[] for _ in composed], [])
    for message in failed:
        say(f"tunewright: {message}")
    rejected = f"{tally.rejected} attempts rejected {dict(tally.reasons) or ''}".rstrip()
    if as_json:
        put_json(compositions_json(composed, files, tally))
    elif out:
        say(f"{len(composed)} tunes, {rejected}\nsee and hear them: {out / 'index.html'}")
    else:
        click.echo("\n\n".join(composition.piece.text for composition in composed))
        say(rejected)
    sys.exit(2 if failed else 0)


@main.command()
@click.argument("recipe", required=False)
@click.option("--corpus", default="", help="Learn from this corpus or .abc file instead of the recipe's.")
@click.option("--set", "assignments", multiple=True, metavar="SECTION.KEY=VALUE", help="Change a setting; repeatable.")
@click.option("--iterations", type=click.IntRange(1), help="Updates of the weights.")
@click.option("--minutes", type=click.FloatRange(0, 100_000, min_open=True), help="Train for about so long instead.")
@click.option("--out", type=PATH, help="Run folder [default: runs/RECIPE].")
@click.option("--resume", is_flag=True, help="Go on with the run in --out.")
@click.option("--seed", type=click.IntRange(0), help="Of weights, batches and dropout.")
@click.option("--tensorboard", is_flag=True, help="Write TensorBoard logs into the run folder too.")
@JSON
def train(
    recipe: str | None,
    corpus: str,
    assignments: tuple[str, ...],
    iterations: int | None,
    minutes: float | None,
    out: Path | None,
    resume: bool,
    seed: int | None,
    tensorboard: bool,
    as_json: bool,
) -> None:
    """Trains a recipe (or with --resume goes on with a run). Ctrl-C saves what was learned."""
    from tunewright.errors import SettingsError
    from tunewright.run import open_run
    from tunewright.settings import load_recipe
    from tunewright.train import train as train_run
    from tunewright.training.trackers import standard_trackers

    if not recipe and not (resume and out):
        raise SettingsError("train what? Give a recipe (tunewright recipes lists them), or --resume --out RUN")
    folder = out or Path("runs") / Path(recipe or "").stem
    changes = [*assignments]
    changes += [f"training.iterations={iterations}"] if iterations else []
    changes += [f"training.seed={seed}"] if seed is not None else []
    if minutes and iterations:
        raise SettingsError("--minutes and --iterations both say how long; give one of them")
    if resume and (corpus or changes or minutes):
        raise SettingsError("--resume goes on with the run's own settings; leave the other options out")
    settings = open_run(folder).settings if resume else load_recipe(recipe or "")
    settings = (settings.with_corpus(corpus) if corpus else settings).changed(changes)
    run = train_run(settings, folder, standard_trackers(tensorboard), resume=resume, minutes=minutes)
    results = run.about["results"]
    if as_json:
        put_json({"run": str(folder), **results})
    elif results["stopped"]:
        say(f"stopped after {results['iterations']} iterations; go on with: tunewright train --resume --out {folder}")
    else:
        best = results["best"]
        held_out = f", held out {best['bits_per_unit']:.3f} bits at iteration {best['iteration']}" if best else ""
        say(f"{folder}: training loss {results['final']['loss']:.3f} nats{held_out}, {results['seconds']:.0f} s")


@main.command()
@click.argument("run", required=False, type=PATH)
@click.option("--on", default="", help="Corpus or .abc file [default: the run's own].")
@click.option(
    "--split", default="test", show_default=True, type=click.Choice(["validation", "test", "training", "all"])
)
@click.option("--weights", default="best", show_default=True, type=click.Choice(["best", "last"]))
@JSON
def evaluate(run: Path | None, on: str, split: str, weights: str, as_json: bool) -> None:
    """How well a run foresees tunes it has not seen, in bits per character."""
    from tunewright.evaluate import evaluate as evaluate_run
    from tunewright.run import builtin_run, open_run

    result = evaluate_run(open_run(run) if run else builtin_run(), on, split, weights)
    if as_json:
        put_json(result)
    else:
        left_out = f", {result['left_out']} left out that the run knows" if result["left_out"] else ""
        click.echo(
            f"{result['bits_per_unit']:.4f} bits per {result['unit']} on {result['pieces']} {split} pieces "
            f"of {result['on']}{left_out} ({result['units']:,} {result['unit']}s, text {result['sha256'][:12]})"
        )


@main.command()
@click.argument("files", nargs=-1, required=True, type=PATH)
@JSON
def check(files: tuple[Path, ...], as_json: bool) -> None:
    """Tells what is wrong in ABC files, bar by bar; exit code 1 if anything is."""
    from tunewright.publish import check_file

    tunes = [row for path in files for row in check_file(path)]
    if as_json:
        put_json({"tunes": tunes})
    else:
        for tune in tunes:
            for problem in tune["problems"]:
                where = f"bar {problem['bar']}, line {problem['line']} column {problem['column']}"
                name = f"{tune['file']}: tune {tune['number']} '{tune['title']}'"
                click.echo(f"{name}, {where}: {problem['message']} [{problem['severity']}]")
        say(f"{len(tunes)} tunes, {sum(not tune['valid'] for tune in tunes)} with something wrong")
    sys.exit(0 if all(tune["valid"] for tune in tunes) else 1)


@main.command()
@click.argument("files", nargs=-1, required=True, type=PATH)
@click.option("--to", "formats", default="wav,png", show_default=True, help="wav, mid, svg, png, pdf, musicxml.")
@click.option("--out", default=Path(), type=PATH, help="Folder to write to [default: here].")
@click.option("--soundfont", type=PATH, help="Instruments for .wav files (.sf2).")
def render(files: tuple[Path, ...], formats: str, out: Path, soundfont: Path | None) -> None:
    """Renders ABC files as sound, score and MIDI."""
    from tunewright.publish import Publisher, parse_formats, read_pieces

    publisher = Publisher(out, parse_formats(formats), soundfont)
    written, failed = publisher.render_all([piece for path in files for piece in read_pieces(path)])
    for message in failed:
        say(f"tunewright: {message}")
    say(f"{len(written)} files in {out}, {len(failed)} failed")
    sys.exit(2 if failed else 0)


@main.group()
def corpus() -> None:
    """What there is to learn from."""


@corpus.command("list")
def corpus_list() -> None:
    """Corpora by name."""
    from tunewright.catalogue import parts

    for name in parts("corpus"):
        click.echo(name if name != "path" else "or the path of an .abc file")


def corpus_command(name: str) -> Callable[[Gather], Gather]:
    """A command that opens a corpus, and prints the facts that its function gathers."""

    def register(gather: Gather) -> Gather:
        @corpus.command(name, help=gather.__doc__)
        @click.argument("name")
        @JSON
        def command(name: str, as_json: bool) -> None:
            from tunewright.run import open_corpus
            from tunewright.settings import Settings

            facts = gather(open_corpus(Settings().with_corpus(name)))
            if as_json:
                put_json(facts)
            else:
                for key, value in facts.items():
                    click.echo(f"{key:16} {value}")

        return gather

    return register


@corpus_command("fetch")
@corpus_command("show")
def corpus_show(opened: Any) -> dict[str, Any]:
    """Finds or fetches a corpus, and tells its source, licence and hash."""
    return {"name": opened.name, "source": opened.source, "licence": opened.licence, "sha256": opened.sha256}


@corpus_command("stats")
def corpus_stats(opened: Any) -> dict[str, Any]:
    """Counts of a corpus and of its split."""
    from tunewright.corpora.split import split_pieces

    split = split_pieces(opened.pieces)
    return {
        "name": opened.name,
        "pieces": len(opened.pieces),
        "skipped": len(opened.skipped),
        "reasons": [f"{one.origin}: {one.reason}" for one in opened.skipped],
        "splits": split.counts(),
        "clusters": len(set(split.clusters)),
        **opened.facts(),
    }


@main.command()
@click.option("--in", "folder", default=Path("runs"), show_default=True, type=PATH)
def runs(folder: Path) -> None:
    """What has been trained."""
    from tunewright.run import find_runs

    for run in find_runs(folder):
        results = run.about.get("results", {})
        best = results.get("best")
        figure = f"{best['bits_per_unit']:.3f} bits at iteration {best['iteration']}" if best else "not measured"
        click.echo(f"{'built-in' if run.is_builtin else run.folder}  {run.about.get('recipe', '')}  {figure}")


@main.command()
def recipes() -> None:
    """What can be trained."""
    from tunewright.settings import load_recipe, recipe_names

    for name in recipe_names():
        click.echo(f"{name:16} {load_recipe(name).description}")


if __name__ == "__main__":
    main()
