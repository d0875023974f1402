"""A second look at the scores of all labels: which labels go together, which exclude each other.

The ridge model scores each label by itself. A small network over the scores of all concerns and
intents learns what they say together: 辞める in a question about a program states no trouble, and a
workplace where people leave is seldom one with too many.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass, fields
from pathlib import Path

import numpy as np
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import KFold
from sklearn.neural_network import MLPClassifier

_HIDDEN = 32
_PENALTY = 0.3
_EPOCHS = 60
_FOLDS = 4
_SEEDS = (0, 1, 2)
_LEAST_TEXTS = 1000
"""With fewer there is nothing to learn a second time: the scores are taken as they are."""


@dataclass(frozen=True)
class Stack:
    """One hidden layer over standardised scores; several networks, whose mean counts.

    Shapes: `mean`, `scale`: scores; `first`: networks x scores x hidden; `second`: networks x
    hidden x labels; the biases accordingly.
    """

    mean: np.ndarray
    scale: np.ndarray
    first: np.ndarray
    first_bias: np.ndarray
    second: np.ndarray
    second_bias: np.ndarray

    @classmethod
    def fit(cls, scores: np.ndarray, targets: np.ndarray) -> tuple[Stack, np.ndarray]:
        """Learn from honest scores.

        Args:
            scores: Text by label of the first stage, each from a model without the text.
            targets: Text by label, 1 where it applies.

        Returns:
            The stack, and the probabilities of each text by networks that have not seen it.
        """
        if len(scores) < _LEAST_TEXTS:
            labels = targets.shape[1]
            none = cls._without_networks(scores, labels)
            return none, none.probabilities(scores)
        unseen = np.zeros(targets.shape)
        for seen, held_out in KFold(_FOLDS, shuffle=True, random_state=0).split(scores):
            unseen[held_out] = cls._train(scores[seen], targets[seen], _SEEDS[:1]).probabilities(
                scores[held_out]
            )
        return cls._train(scores, targets, _SEEDS), unseen

    @classmethod
    def _train(cls, scores: np.ndarray, targets: np.ndarray, seeds: tuple[int, ...]) -> Stack:
        mean, scale = scores.mean(axis=0), scores.std(axis=0) + 1e-6
        networks = []
        for seed in seeds:
            network = MLPClassifier(
                (_HIDDEN,),
                alpha=_PENALTY,
                learning_rate_init=2e-3,
                max_iter=_EPOCHS,
                random_state=seed,
            )
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", ConvergenceWarning)  # the epochs are the limit
                networks.append(network.fit((scores - mean) / scale, targets.astype(int)))
        return cls(
            mean=mean,
            scale=scale,
            first=np.stack([network.coefs_[0] for network in networks]),
            first_bias=np.stack([network.intercepts_[0] for network in networks])[:, None, :],
            second=np.stack([network.coefs_[1] for network in networks]),
            second_bias=np.stack([network.intercepts_[1] for network in networks])[:, None, :],
        )

    @classmethod
    def _without_networks(cls, scores: np.ndarray, labels: int) -> Stack:
        return cls(
            mean=scores.mean(axis=0),
            scale=scores.std(axis=0) + 1e-6,
            first=np.zeros((0, scores.shape[1], labels)),
            first_bias=np.zeros((0, 1, labels)),
            second=np.zeros((0, labels, labels)),
            second_bias=np.zeros((0, 1, labels)),
        )

    def probabilities(self, scores: np.ndarray) -> np.ndarray:
        """The probability of each label by itself; one row a text."""
        if not len(self.first):
            return np.clip(np.atleast_2d(scores)[:, : self.first.shape[2]], 0.0, 1.0)
        rows = (np.atleast_2d(scores) - self.mean) / self.scale
        hidden = np.maximum(rows @ self.first + self.first_bias, 0.0)
        odds = hidden @ self.second + self.second_bias
        return (1.0 / (1.0 + np.exp(-odds))).mean(axis=0)

    def save(self, path: Path) -> None:
        """Write the stack into one file without pickled objects."""
        np.savez(path, **{field.name: getattr(self, field.name) for field in fields(self)})

    @classmethod
    def load(cls, path: Path) -> Stack:
        """Read the file that `save` wrote."""
        with np.load(path, allow_pickle=False) as arrays:
            return cls(**{name: arrays[name] for name in arrays.files})
