"""The state of a consultation between two turns."""

from advisor.consultation import Consultation
from tests.advisor.consultation.conftest import Interview


class TestStoredState:
    def test_nothing_stored_is_a_new_consultation(self) -> None:
        assert Consultation.from_json(None) == Consultation()
        assert Consultation.from_json({}) == Consultation()

    def test_what_is_stored_is_read_back(self, interview: Interview) -> None:
        interview.concern("hiring").place("燕三条")
        interview.choose("municipality", "新潟県燕市").answer_until("full_profile")
        interview.choose("full_profile", False).choose("share_info_consent", True)

        state = interview.reply.state

        assert state.shown
        assert state.answers
        assert Consultation.from_json(state.to_json()) == state
