"""Kinds and levels that the nouns of the knowledge base are told apart by."""

from enum import StrEnum


class Level(StrEnum):
    """Evidence level of a source."""

    A = "A"
    """Primary page or text seen."""
    B = "B"
    """Secondary page seen: told only as unconfirmed, and without amounts."""
    C = "C"
    """Background knowledge, unverified."""


class Precision(StrEnum):
    """How exactly the date of a source is known."""

    YEAR = "year"
    MONTH = "month"
    DAY = "day"


class Status(StrEnum):
    """State of a program on a date."""

    OPEN = "open"
    ENDED = "ended"
    UNVERIFIED = "unverified"
    NOT_YET = "not_yet"


class Side(StrEnum):
    """For whom a program is; only ``company`` is offered to owners."""

    COMPANY = "company"
    INDIVIDUAL = "individual"
    HUB_OPERATOR = "hub_operator"


class ProgramKind(StrEnum):
    """What kind of help a program is."""

    MEETING = "meeting"
    SECONDMENT = "secondment"
    SEMINAR = "seminar"
    WORKSHOP = "workshop"
    FAIR = "fair"
    TRAINING = "training"
    SUBSIDY = "subsidy"
    COURSE = "course"
    ACCOMPANIMENT = "accompaniment"
    COUNSEL = "counsel"


class QuestionKind(StrEnum):
    """Why a question is asked."""

    MATURITY = "maturity"
    FACT = "fact"
    CONSENT = "consent"
    CONTACT = "contact"
    CONFIRM = "confirm"


class AnswerType(StrEnum):
    """What kind of value answers a question."""

    BOOLEAN = "boolean"
    INTEGER = "integer"
    YEN = "yen"
    TEXT = "text"
    PLACE = "place"
    PREFECTURE = "prefecture"
    CHOICE = "choice"
    EMAIL = "email"
    PHONE = "phone"
    NAME = "name"


class Unit(StrEnum):
    """Unit of a parameter."""

    YEN = "yen"
    SHARE = "share"


class Tax(StrEnum):
    """Whether the published caps and costs exclude consumption tax."""

    EXCLUDED = "excluded"
    UNSTATED = "unstated"


class MemberKind(StrEnum):
    """Kind of a member of a hub."""

    MUNICIPALITY = "municipality"
    CHAMBER = "chamber"
    BANK = "bank"
    COMPANY = "company"
    NPO = "npo"
    UNIVERSITY = "university"
    PUBLIC = "public"
    FOUNDATION = "foundation"
