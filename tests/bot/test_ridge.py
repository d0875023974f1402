"""Models that compare with the same texts share them, and answer as if they did not."""

import numpy as np

from bot.nlu.ridge import RidgeModel, Support


def unit_vectors(seed, count):
    vectors = np.random.default_rng(seed).normal(size=(count, 8)).astype(np.float32)
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


class TestSupport:
    def test_equal_vectors_are_held_once(self):
        vectors = unit_vectors(1, 5)

        assert Support.held(vectors) is Support.held(vectors.copy())
        assert Support.held(vectors) is not Support.held(unit_vectors(2, 5))

    def test_each_text_gets_its_own_likeness_whatever_was_compared_before(self):
        vectors = unit_vectors(1, 5)
        support = Support.held(vectors)

        found = [support.likeness(vectors[n]) for n in (0, 1, 1, 0)]

        assert [int(each.argmax()) for each in found] == [0, 1, 1, 0]
        assert np.allclose(found[0], np.exp(2 * vectors @ vectors[0] - 2), atol=1e-6)

    def test_a_model_that_was_saved_shares_them_again(self, tmp_path):
        support = Support.held(unit_vectors(1, 5))
        model = RidgeModel(
            sparse_weights=np.zeros((3, 2), np.float32),
            dense_weights=np.zeros((1, 2), np.float32),
            support=support,
            support_weights=np.ones((5, 2), np.float32),
            bias=np.zeros(2, np.float32),
        )
        model.save(tmp_path / "ridge.npz")

        assert RidgeModel.load(tmp_path / "ridge.npz").support is support
