"""Trials: shots whose outcome physics knows beforehand. Tests and benchmarks hold the engines to them."""

from kinema.physics.trials.contact import (
    belt,
    bounce,
    elastic_pair,
    elastic_speed,
    glance,
    skid,
    slide,
    stack,
    stick,
)
from kinema.physics.trials.flight import free_fall, projectile, pushed, tumble, weightless, windborne
from kinema.physics.trials.joint import pendulum_drift, pendulum_period, spring
from kinema.physics.trials.trial import Trial


def all_trials() -> list[Trial]:
    """Every trial, from the simplest."""
    return [
        free_fall(),
        projectile(),
        weightless(),
        pushed(),
        windborne(),
        tumble(),
        *(bounce(e) for e in (0.3, 0.5, 0.8)),
        glance(),
        slide(),
        stick(),
        skid(),
        belt(),
        elastic_pair(),
        elastic_speed(),
        stack(),
        pendulum_period(),
        pendulum_drift(),
        spring(),
    ]
