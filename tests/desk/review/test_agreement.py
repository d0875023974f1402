"""Kappa against figures worked out by hand, and small numbers hidden."""

import pytest

from desk.review.agreement import FEWEST, Said, cohens_kappa, concern_kappas, confusion
from desk.review.sets import lot


def said(intent: str | None, *concerns: str, verdict: str = "label") -> Said:
    return Said(verdict=verdict, intent=intent, concerns=frozenset(concerns))


class TestKappa:
    def test_it_is_what_the_textbook_gives(self):
        # 20 yes-yes, 5 yes-no, 10 no-yes, 15 no-no: 0.7 observed, 0.5 by chance.
        pairs = [("y", "y")] * 20 + [("y", "n")] * 5 + [("n", "y")] * 10 + [("n", "n")] * 15

        found = cohens_kappa(pairs)

        assert (found.n, found.agreement) == (50, pytest.approx(0.7))
        assert found.value == pytest.approx(0.4)

    def test_one_label_only_has_no_kappa(self):
        found = cohens_kappa([("y", "y")] * 9)

        assert (found.n, found.agreement, found.value) == (9, 1.0, None)

    @pytest.mark.parametrize(("n", "shown"), [(FEWEST - 1, None), (FEWEST, FEWEST)])
    def test_few_lines_show_nothing(self, n: int, shown: int | None):
        found = cohens_kappa([("y", "n")] * n)

        assert found.n == shown
        assert (found.agreement is None) is (shown is None)

    def test_each_concern_is_measured_over_what_both_could_label(self):
        pairs = [(said("state_concern", "hiring"), said("state_concern", "hiring"))] * 5
        pairs += [(said("state_concern"), said("state_concern", "surplus"))] * 5
        pairs += [(said("deny"), said(None, verdict="unsure"))] * 9

        found = concern_kappas(pairs, ["hiring", "surplus"])

        assert found["hiring"].n == found["surplus"].n == 10
        assert found["hiring"].value == pytest.approx(1.0)
        assert found["surplus"].value == pytest.approx(0.0)


class TestConfusion:
    def test_rare_pairs_are_only_counted(self):
        rows, hidden = confusion([("greet", "greet")] * 5 + [("deny", "affirm")] * 4)

        assert rows == [("greet", "greet", 5)]
        assert hidden == 4


class TestLot:
    def test_it_is_even_and_differs_by_purpose(self):
        seeds = [n.to_bytes(4, "big") for n in range(2000)]

        drawn = {purpose: {s for s in seeds if lot(s, purpose) < 0.2} for purpose in ("a", "b")}

        assert 320 < len(drawn["a"]) < 480
        assert 40 < len(drawn["a"] & drawn["b"]) < 130
