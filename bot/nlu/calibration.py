"""Probabilities and thresholds from leave-one-out scores."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from sklearn.linear_model import LogisticRegression

# Scores lie about 0 to 1, so weights must be able to grow: a weak penalty.
_INVERSE_PENALTY = 10.0
# How far a label's threshold may leave the common one: few positives make its own best unsure.
_OWN_SHARE = 0.5
# Far more of the training sentences state something than of the messages of a talk.
_FALSE_ALARM_WEIGHT = 2.0
_CANDIDATES = np.arange(0.1, 0.75, 0.01)


@dataclass(frozen=True)
class Calibration:
    """Multinomial logistic regression over the scores of all labels."""

    weights: np.ndarray
    bias: np.ndarray

    @classmethod
    def fit(cls, scores: np.ndarray, targets: Sequence[str], labels: Sequence[str]) -> Calibration:
        """Fit on honest scores; columns are in the order of `labels`, which must be sorted."""
        if len(labels) == 1:
            return cls(np.zeros((scores.shape[1], 1)), np.zeros(1))
        logistic = LogisticRegression(C=_INVERSE_PENALTY, max_iter=500).fit(scores, targets)
        weights, bias = logistic.coef_, logistic.intercept_
        if len(labels) == 2:
            weights, bias = np.vstack([-weights, weights]) / 2, np.array([-bias[0], bias[0]]) / 2
        return cls(weights.T, bias)

    def probabilities(self, scores: np.ndarray) -> np.ndarray:
        """Probabilities of the labels for one text, summing to 1."""
        logits = scores @ self.weights + self.bias
        odds = np.exp(logits - logits.max())
        return odds / odds.sum()


@dataclass(frozen=True)
class LabelCurve:
    """For labels that exclude nothing: a threshold each, and a logistic curve each."""

    thresholds: np.ndarray
    slopes: np.ndarray
    offsets: np.ndarray

    @classmethod
    def fit(cls, scores: np.ndarray, targets: np.ndarray) -> LabelCurve:
        """Thresholds with the best F1 on honest scores, drawn half-way to the common one."""
        common = _best_threshold(scores, targets)
        thresholds, slopes, offsets = [], [], []
        for own_scores, own_targets in zip(scores.T, targets.T):
            own = _best_threshold(own_scores, own_targets)
            thresholds.append(_OWN_SHARE * own + (1 - _OWN_SHARE) * common)
            logistic = LogisticRegression(C=_INVERSE_PENALTY)
            logistic.fit(own_scores[:, None], own_targets)
            slopes.append(logistic.coef_[0, 0])
            offsets.append(logistic.intercept_[0])
        return cls(np.array(thresholds), np.array(slopes), np.array(offsets))

    def probabilities(self, scores: np.ndarray) -> np.ndarray:
        """The probability of each label by itself."""
        return 1 / (1 + np.exp(-(self.slopes * scores + self.offsets)))


def _best_threshold(scores: np.ndarray, targets: np.ndarray) -> float:
    """The score above which saying yes gives the best F1, false alarms counted double."""
    f1 = []
    for cut in _CANDIDATES:
        right = (targets * (scores > cut)).sum()
        alarms = (scores > cut).sum() - right
        wrong = _FALSE_ALARM_WEIGHT * alarms + targets.sum() - right
        f1.append(2 * right / max(1, 2 * right + wrong))
    return float(_CANDIDATES[int(np.argmax(f1))])
