"""The one training loop. What is random in a step is drawn from (seed, step, rank), so that a run that stops and goes
on makes the same weights, to the bit, as one that does not."""

from __future__ import annotations

import copy
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import torch
from jaxtyping import UInt8
from torch import Tensor, nn

from kinema.diffusion.training import checkpoint
from kinema.diffusion.training.journal import Journal
from kinema.diffusion.training.muon import optimisers_for
from kinema.diffusion.training.precision import fitting
from kinema.diffusion.training.ranks import Ranks
from kinema.diffusion.training.recipe import Optimisation, Precision
from kinema.diffusion.training.speed import Speedometer
from kinema.errors import TrainingError
from kinema.interruption import deferred


class Course(Protocol):
    """A network, what it is asked for, and how it is looked at."""

    @property
    def model(self) -> nn.Module:
        """What is trained."""
        ...

    def losses(self, generator: torch.Generator, batch: int) -> dict[str, Tensor]:
        """Named scalars; `loss` is the one to be made small. All randomness comes from `generator`, on the CPU."""
        ...

    def picture(self, averaged: nn.Module) -> UInt8[np.ndarray, "row column 3"]:
        """Samples of the averaged network."""
        ...


class Run:
    """A course under way: network, its average, optimisers, step."""

    def __init__(
        self,
        course: Course,
        optimisation: Optimisation,
        folder: Path,
        *,
        seed: int,
        precision: Precision,
        about: dict[str, Any],
    ) -> None:
        """`about` goes into each checkpoint's state: recipe and what it was trained on."""
        self.course, self.optimisation, self.folder = course, optimisation, folder
        self.seed, self.about = seed, about
        self.model = course.model
        self.averaged = copy.deepcopy(self.model).requires_grad_(False)
        self.optimisers = optimisers_for(
            self.model, lr=optimisation.learning_rate, weight_decay=optimisation.weight_decay
        )
        self.device = next(self.model.parameters()).device
        self.precision = fitting(precision, self.device)
        self.ranks = Ranks.found(self.device)
        self.journal = Journal(folder)
        self.step = 0
        if (found := checkpoint.newest(folder)) is not None:
            self._restore(found)

    def advance(self, *, until: int | None, seconds: float | None, report: Callable[[str], None]) -> None:
        """Train to the end, to a step, for a while, or until interrupted; a checkpoint is left in each case."""
        last = min(until or self.optimisation.steps, self.optimisation.steps)
        self.journal.rewind(self.step)
        speed = Speedometer(self.work(), self.device, self.precision)
        started = time.monotonic()
        with deferred() as interruption:
            while self.step < last and interruption.asked is None:
                numbers = self.take_step()
                numbers |= speed.lap()
                if self.ranks.first:
                    self._keep(numbers, report)
                if seconds is not None and time.monotonic() - started > seconds:
                    break
            if self.ranks.first:
                self.save()

    def take_step(self) -> dict[str, float]:
        """One step; what came of it."""
        rate = self._set_rate()
        for optimiser in self.optimisers:
            optimiser.zero_grad(set_to_none=True)
        with self._cast():
            losses = self.course.losses(self._generator(), self.optimisation.batch)
        losses["loss"].backward()
        self.ranks.average_gradients(self.model)
        norm = nn.utils.clip_grad_norm_(self.model.parameters(), self.optimisation.clip)
        numbers = {name: float(value.detach()) for name, value in losses.items()} | {
            "gradient": float(norm),
            "rate": rate,
        }
        self._refuse_nonsense(numbers)
        for optimiser in self.optimisers:
            optimiser.step()
        self.step += 1
        self._average()
        return numbers

    def save(self) -> Path:
        """A checkpoint of this moment."""
        tensors = {f"model.{name}": value for name, value in self.model.state_dict().items()}
        tensors |= {f"averaged.{name}": value for name, value in self.averaged.state_dict().items()}
        for optimiser in self.optimisers:
            for index, state in optimiser.state_dict()["state"].items():
                kind = type(optimiser).__name__.lower()
                tensors |= {f"{kind}.{index}.{name}": value for name, value in state.items()}
        state = {**self.about, "seed": self.seed, "precision": self.precision}
        state["optimisation"] = asdict(self.optimisation)
        return checkpoint.save(self.folder, self.step, tensors, state)

    def _restore(self, found: Path) -> None:
        tensors, state = checkpoint.load(found)
        if state["sizes"] != self.about["sizes"] or state["seed"] != self.seed:
            raise TrainingError(
                str(self.folder),
                "must hold a run of the same recipe and seed",
                got=f"{state['recipe']} with seed {state['seed']}",
                next_step="Choose another folder.",
            )
        self.model.load_state_dict(_under("model.", tensors))
        self.averaged.load_state_dict(_under("averaged.", tensors))
        for optimiser in self.optimisers:
            states: dict[int, dict[str, Tensor]] = {}
            for name, value in _under(f"{type(optimiser).__name__.lower()}.", tensors).items():
                index, _, field = name.partition(".")
                states.setdefault(int(index), {})[field] = value
            optimiser.load_state_dict({**optimiser.state_dict(), "state": states})
        self.step = state["step"]

    def _set_rate(self) -> float:
        """Warm up, hold, cool down ("WSD", arXiv 2405.18392): a held rate does not depend on the length planned."""
        o = self.optimisation
        left = (o.steps - self.step) / max(1, round(o.cooldown * o.steps))
        rate = o.learning_rate * min(1.0, (self.step + 1) / max(1, o.warmup), left)
        for optimiser in self.optimisers:
            for group in optimiser.param_groups:
                group["lr"] = rate
        return rate

    @torch.no_grad()
    def _average(self) -> None:
        """Short memory at first, so that the average is not of random weights (Karras et al., arXiv 2312.02696)."""
        kept = min(self.optimisation.averaging, (1 + self.step) / (10 + self.step))
        for mine, theirs in zip(self.averaged.parameters(), self.model.parameters(), strict=True):
            mine.lerp_(theirs, 1 - kept)
        for mine, theirs in zip(self.averaged.buffers(), self.model.buffers(), strict=True):
            mine.copy_(theirs)

    def _generator(self) -> torch.Generator:
        """Of this step and process; on the CPU, so that every device sees the same."""
        seed = np.random.SeedSequence([self.seed, self.step, self.ranks.rank]).generate_state(1, np.uint64)[0]
        return torch.Generator().manual_seed(int(seed) >> 1)

    @contextmanager
    def _cast(self) -> Iterator[None]:
        with torch.autocast(self.device.type, torch.bfloat16, enabled=self.precision == "bfloat16"):
            yield

    def work(self) -> float:
        """Floating-point operations of a step, forwards and backwards, counted by torch on one that is thrown away;
        eagerly, since what is compiled hides its products from the counter."""
        from torch.utils.flop_counter import FlopCounterMode

        with torch.compiler.set_stance("force_eager"), FlopCounterMode(display=False) as counter:
            with self._cast():
                loss = self.course.losses(self._generator(), self.optimisation.batch)["loss"]
            loss.backward()
        self.model.zero_grad(set_to_none=True)
        return float(counter.get_total_flops())

    def _keep(self, numbers: dict[str, float], report: Callable[[str], None]) -> None:
        self.journal.write(self.step, numbers)
        if self.step % 20 == 0 or self.step == 1:
            report(
                f"step {self.step}  " + "  ".join(f"{name} {value:.4g}" for name, value in numbers.items())
            )
        if self.step % self.optimisation.picture_every == 0:
            report(f"picture {self.journal.show(self.step, self.course.picture(self.averaged))}")
        if self.step % self.optimisation.save_every == 0:
            self.save()

    def _refuse_nonsense(self, numbers: dict[str, float]) -> None:
        wrong = {name: value for name, value in numbers.items() if not np.isfinite(value)}
        if wrong:
            raise TrainingError(
                f"step {self.step} of {self.folder}",
                "must give finite losses and gradients",
                got=wrong,
                next_step="Nothing was saved of it. Lower the learning rate and go on from the last checkpoint.",
            )


def _under(prefix: str, tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    return {name.removeprefix(prefix): value for name, value in tensors.items() if name.startswith(prefix)}
