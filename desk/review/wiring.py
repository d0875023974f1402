"""Builds the review and ties it to what erases."""

from fastapi import FastAPI

from desk.chat.retract import FORGETTERS
from desk.config import ROOT
from desk.review.service import ReviewService, forget_conversation, forget_message
from desk.review.tasks import TaskService


def wire_review(app: FastAPI) -> None:
    """Keep the services where the pages find them; what owners take back goes here too."""
    state = app.state
    state.review = ReviewService(state.database, state.settings, ROOT)
    state.knowledge_tasks = TaskService(state.database, state.review)
    state.chat.also_erase(forget_conversation)
    state.database.info[FORGETTERS] = (forget_message,)
