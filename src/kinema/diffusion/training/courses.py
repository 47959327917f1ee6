"""Runs, put together: recipe, data, course, loop. What the command line calls."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, TypeVar

import torch
from torch import Tensor

from kinema.diffusion.dataset.reader import Clips
from kinema.diffusion.export import export
from kinema.diffusion.model.autoencoder import Autoencoder
from kinema.diffusion.model.compiled import compile_blocks
from kinema.diffusion.model.network import PainterNetwork
from kinema.diffusion.sizes import AutoencoderSizes, ModelSizes
from kinema.diffusion.training import checkpoint
from kinema.diffusion.training.journal import Journal
from kinema.diffusion.training.latents import Latents, cached
from kinema.diffusion.training.loop import Run
from kinema.diffusion.training.painted import painted
from kinema.diffusion.training.pixels import Joined, Pixels, unpacked
from kinema.diffusion.training.ranks import Ranks
from kinema.diffusion.training.recipe import Recipe
from kinema.diffusion.training.train_autoencoder import AutoencoderCourse, latent_statistics, principal
from kinema.diffusion.training.train_decoder import DecoderCourse
from kinema.diffusion.training.train_transformer import JumpCourse, TransformerCourse
from kinema.errors import MachineError, TrainingError

Sizes = TypeVar("Sizes", AutoencoderSizes, ModelSizes)


@dataclass(frozen=True, kw_only=True)
class Stint:
    """Where and how long to work on a run."""

    device: str
    until: int | None
    """Step to stop after."""
    minutes: float | None
    threads: int | None
    report: Callable[[str], None]
    compiler: str | None = None
    """`torch.compile`'s backend for the transformer's blocks; None = inductor on a GPU, and none on a CPU, where the
    products are the work and not the launches."""

    def hasten(self, network: PainterNetwork, device: torch.device) -> None:
        """Compile what is stepped most, if that pays on this device."""
        backend = self.compiler or ("inductor" if device.type == "cuda" else None)
        if backend is not None:
            compile_blocks(network.transformer, backend=backend)

    def prepare(self) -> torch.device:
        """The device, with torch set up for it. Raises `MachineError` if it is not there."""
        if self.device.startswith("cuda") and not torch.cuda.is_available():
            raise MachineError("--device", "must be there", got=self.device, next_step="Use --device cpu.")
        if self.threads:
            torch.set_num_threads(self.threads)
        # On CPUs oneDNN's float32 kernels are twice as fast as the default ones, and as exact (measured).
        torch.set_float32_matmul_precision("medium" if self.device == "cpu" else "high")
        device = torch.device(self.device)
        return Ranks.found(device).device(device)

    def work(self, run: Run) -> None:
        """As long as asked for."""
        seconds = 60 * self.minutes if self.minutes else None
        run.advance(until=self.until, seconds=seconds, report=self.report)


def autoencoder(recipe: Recipe, data: Sequence[Path], folder: Path, stint: Stint) -> Run:
    """Course one. Latents are measured and whitened: at the start if they are linear, else at the end."""
    device = stint.prepare()
    sets, held_out = _pixels(data, folder, stint, device)
    clips, optimisation = Joined(sets), recipe.autoencoder.optimisation
    course = AutoencoderCourse(recipe.autoencoder, clips, held_out, seed=recipe.seed, device=device)
    if checkpoint.newest(folder) is None:
        course.model.span(*principal(clips, recipe.autoencoder.grid, seed=recipe.seed))
        if course.model.encoder is None:  # course two may begin now, beside this one
            course.model.whiten(*latent_statistics(course.model, clips, recipe.autoencoder.grid))
    about = _about("autoencoder", recipe, recipe.autoencoder.sizes, len(clips))
    run = Run(course, optimisation, folder, seed=recipe.seed, precision=recipe.precision, about=about)
    stint.work(run)
    if course.model.encoder is not None:
        for network in (run.model, run.averaged):
            assert isinstance(network, Autoencoder)
            network.whiten(*latent_statistics(network, clips, recipe.autoencoder.grid))
        if run.ranks.first:
            run.save()
    return run


def transformer(
    recipe: Recipe, data: Sequence[Path], autoencoder_run: Path, folder: Path, stint: Stint
) -> Run:
    """Course two, from latents cached in the autoencoder's run."""
    device, asked = stint.prepare(), recipe.transformer
    latents, held_out, frozen = latents_of(data, autoencoder_run, stint, device)
    course = TransformerCourse(asked, latents, held_out, frozen, seed=recipe.seed, device=device)
    stint.hasten(course.model, device)
    about = _about("transformer", recipe, asked.sizes, sum(map(len, latents))) | _seen(data, latents, frozen)
    run = Run(course, asked.optimisation, folder, seed=recipe.seed, precision=recipe.precision, about=about)
    stint.work(run)
    return run


def distill(
    recipe: Recipe,
    data: Sequence[Path],
    autoencoder_run: Path,
    transformer_run: Path,
    folder: Path,
    stint: Stint,
    *,
    method: str,
) -> Run:
    """Course three: jumps, from the averaged weights of course two. `method`: see `target_named`."""
    device = stint.prepare()
    tensors, state = checkpoint.load(checkpoint.required(transformer_run))
    asked = replace(recipe.transformer, sizes=_sizes(ModelSizes, transformer_run, state))
    latents, held_out, frozen = latents_of(data, autoencoder_run, stint, device)
    course = JumpCourse(
        asked, recipe.distill, latents, held_out, frozen, method=method, seed=recipe.seed, device=device
    )
    course.model.load_state_dict(averaged_of(tensors))
    stint.hasten(course.model, device)
    about = _about("distill", recipe, asked.sizes, sum(map(len, latents))) | _seen(data, latents, frozen)
    run = Run(
        course,
        recipe.distill.optimisation,
        folder,
        seed=recipe.seed,
        precision=recipe.precision,
        about=about | {"method": method},
    )
    stint.work(run)
    return run


def decoder(
    recipe: Recipe, data: Sequence[Path], autoencoder_run: Path, network_run: Path, folder: Path, stint: Stint
) -> Run:
    """Course four: the decoder of course one, on what the network of course two or three paints."""
    device, asked = stint.prepare(), recipe.decoder
    network = trained_network(network_run).to(device)
    latents, held_out, frozen = latents_of(data, autoencoder_run, stint, device)
    with Ranks.found(device).first_alone():
        clips = [
            painted(folder / "painted" / f"{number}-train", each, network, recipe.seed, stint.report)
            for number, each in enumerate(latents)
        ]
        unseen = clips[0]
        if held_out is not latents[0]:
            unseen = painted(folder / "painted" / "0-held_out", held_out, network, recipe.seed, stint.report)
    course = DecoderCourse(asked, recipe.autoencoder, clips, unseen, frozen)
    about = _about("decoder", recipe, frozen.sizes, sum(map(len, latents)))
    about |= {"autoencoder": history(autoencoder_run), "painted_by": history(network_run)}
    run = Run(course, asked.optimisation, folder, seed=recipe.seed, precision=recipe.precision, about=about)
    stint.work(run)
    return run


def trained_autoencoder(folder: Path, device: torch.device) -> Autoencoder:
    """The averaged autoencoder of a run, frozen."""
    found = checkpoint.required(folder)
    tensors, state = checkpoint.load(found)
    model = Autoencoder(_sizes(AutoencoderSizes, folder, state))
    model.load_state_dict(averaged_of(tensors))
    return model.to(device).eval().requires_grad_(False)


def exported(autoencoder_run: Path, network_run: Path, folder: Path) -> Path:
    """The averaged networks of two runs as weights; `weights.json` says how each was trained."""
    frozen = trained_autoencoder(autoencoder_run, torch.device("cpu"))
    network, state = trained_network(network_run), checkpoint.state_of(checkpoint.required(network_run))
    if state["latents"] != frozen.identity():
        raise TrainingError(
            str(network_run),
            f"must be trained on the latents of {autoencoder_run}, {frozen.identity()}",
            got=state["latents"],
            next_step="Export with the autoencoder it was trained with.",
        )
    card = {
        "recipe": state["recipe"],
        "seed": state["seed"],
        "course": state["course"],
        "styles": state["styles"],
        "grid": state["grid"],
        "latents": state["latents"],
        **_decoding(autoencoder_run),
        "transformer": history(network_run),
        "licence": "Apache-2.0; trained on pictures that kinema draws itself",
    }
    return export(frozen, network, folder, card)


def trained_network(folder: Path) -> PainterNetwork:
    """The averaged network of a run of course two or three, frozen."""
    tensors, state = checkpoint.load(checkpoint.required(folder))
    network = PainterNetwork(_sizes(ModelSizes, folder, state))
    network.load_state_dict(averaged_of(tensors))
    return network.eval().requires_grad_(False)


def history(folder: Path) -> dict[str, float]:
    """How the training of a run went, and how far: what `weights.json` quotes."""
    return Journal(folder).summary() | {"step": checkpoint.step_of(folder)}


def averaged_of(tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    """The averaged network of a checkpoint: what is shown and shipped."""
    prefix = "averaged."
    return {name.removeprefix(prefix): value for name, value in tensors.items() if name.startswith(prefix)}


def _pixels(
    data: Sequence[Path], autoencoder_run: Path, stint: Stint, device: torch.device
) -> tuple[list[Pixels], Pixels]:
    """Of the training splits, unpacked in the autoencoder's run; and those that pictures show, held out if there are
    any in the first data set."""
    folder = autoencoder_run / "pixels"
    with Ranks.found(device).first_alone():
        train = [
            unpacked(folder / f"{number}-train", Clips(path, "train"), device, stint.report)
            for number, path in enumerate(data)
        ]
        unseen = Clips(data[0], "held_out")
        if not len(unseen):
            return train, train[0]
        return train, unpacked(folder / "0-held_out", unseen, device, stint.report)


def latents_of(
    data: Sequence[Path], autoencoder_run: Path, stint: Stint, device: torch.device
) -> tuple[list[Latents], Latents, Autoencoder]:
    """Like `_pixels`, and beside them: what all courses after the first share. And the frozen autoencoder."""
    folder = autoencoder_run / "latents"
    frozen = trained_autoencoder(autoencoder_run, device)
    train, unseen = _pixels(data, autoencoder_run, stint, torch.device("cpu"))
    with Ranks.found(device).first_alone():
        latents = [
            cached(folder / f"{number}-train", Clips(path, "train"), pixels, frozen, stint.report)
            for number, (path, pixels) in enumerate(zip(data, train, strict=True))
        ]
        if unseen is train[0]:
            return latents, latents[0], frozen
        clips = Clips(data[0], "held_out")
        return latents, cached(folder / "0-held_out", clips, unseen, frozen, stint.report), frozen


def _seen(data: Sequence[Path], latents: Sequence[Latents], frozen: Autoencoder) -> dict[str, Any]:
    """What a painter's weights must say of themselves. `grid`: the longest, tallest and widest of the clips."""
    sides = zip(*(each.pixels.rgb.shape[1:4] for each in latents), strict=True)
    grid = dict(zip(("frames", "height", "width"), map(max, sides), strict=True))
    return {"latents": frozen.identity(), "styles": Clips(data[0], "train").format["styles"], "grid": grid}


def _sizes(kind: type[Sizes], folder: Path, state: dict[str, Any]) -> Sizes:
    """Of a checkpoint's network. Raises `TrainingError` for one of the other network."""
    try:
        return kind(**state["sizes"])
    except TypeError as error:
        raise TrainingError(
            str(folder),
            f"must be a run of {'the autoencoder' if kind is AutoencoderSizes else 'the transformer'}",
            got=f"one of the course {state['course']}",
            next_step="--vae names the run of `kinema train vae` or `decoder`, --dit that of `dit` or `distill`.",
        ) from error


def _decoding(folder: Path) -> dict[str, Any]:
    """The history of an autoencoder, and of its decoder's own course, if the run is one."""
    state = checkpoint.state_of(checkpoint.required(folder))
    if state["course"] != "decoder":
        return {"autoencoder": history(folder)}
    return {"autoencoder": state["autoencoder"], "decoder": history(folder)}


def _about(course: str, recipe: Recipe, sizes: AutoencoderSizes | ModelSizes, clips: int) -> dict[str, Any]:
    return {"course": course, "recipe": recipe.name, "sizes": asdict(sizes), "clips": clips}
