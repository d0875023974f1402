"""The course of a consultation: what is asked, said and shown, turn by turn.

Pure: `respond` takes the state, what was heard and the date, and gives the next state,
what to say, and at most one effect (a case to open or to look up) that the caller
carries out. It knows neither Rasa nor HTTP.
"""

from advisor.consultation.course import after_receipt, respond
from advisor.consultation.output import (
    CardOut,
    CheckCase,
    Effect,
    OpenCase,
    QuestionOut,
    Reply,
    Say,
)
from advisor.consultation.state import Consultation, Heard, Phase

__all__ = [
    "CardOut",
    "CheckCase",
    "Consultation",
    "Effect",
    "Heard",
    "OpenCase",
    "Phase",
    "QuestionOut",
    "Reply",
    "Say",
    "after_receipt",
    "respond",
]
