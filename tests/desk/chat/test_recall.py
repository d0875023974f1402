"""Who was told a fact that has changed since."""

from dataclasses import replace
from datetime import date
from typing import Any
from uuid import UUID

from fastapi import FastAPI
from sqlalchemy import select

from advisor.knowledge import KnowledgeBase
from advisor.told import version_of
from desk.cases.service import CaseDraft, CaseService
from desk.chat.models import ToldFact
from desk.chat.ports import EngineTurn, ScriptedDialogueEngine
from desk.chat.recall import find_recalls
from tests.desk.chat.conftest import Owner

DAY = date(2026, 11, 24)
FACT = "topics/hub"


def bubble(kb: KnowledgeBase, *facts: str) -> dict[str, Any]:
    pairs = [[fact, version_of(fact, kb, on=DAY)] for fact in facts]
    return {"text": "お答えします。", "custom": {"told": {"on": DAY.isoformat(), "facts": pairs}}}


def with_new_text(kb: KnowledgeBase) -> KnowledgeBase:
    topic = replace(kb.topics["hub"], text="変わりました。")
    return replace(kb, topics={**kb.topics, "hub": topic})


class TestRecall:
    async def test_nothing_is_recalled_while_nothing_has_changed(
        self, app: FastAPI, owner: Owner, engine: ScriptedDialogueEngine, knowledge: KnowledgeBase
    ):
        engine.answers.append(EngineTurn(messages=[bubble(knowledge, FACT, "hubs/bureau")]))
        await owner.say("地域の人事部って何？")

        assert await find_recalls(app.state.database, knowledge) == ()
        async with app.state.database.read() as tx:
            assert len((await tx.scalars(select(ToldFact))).all()) == 2

    async def test_a_changed_fact_lists_the_conversation_and_its_case(
        self, app: FastAPI, owner: Owner, engine: ScriptedDialogueEngine, knowledge: KnowledgeBase
    ):
        engine.answers.append(EngineTurn(messages=[bubble(knowledge, FACT, "hubs/bureau")]))
        await owner.say("地域の人事部って何？")
        receipt = await open_case(app, owner)

        (recall,) = await find_recalls(app.state.database, with_new_text(knowledge))

        assert (recall.fact, recall.told_on, recall.is_gone) == (FACT, DAY, False)
        (conversation,) = recall.conversations
        assert str(conversation.conversation_id) == owner.id
        assert conversation.cases == (f"{receipt} (tsubame)",)

    async def test_a_fact_that_is_gone_is_recalled_too(
        self, app: FastAPI, owner: Owner, engine: ScriptedDialogueEngine, knowledge: KnowledgeBase
    ):
        engine.answers.append(EngineTurn(messages=[bubble(knowledge, FACT)]))
        await owner.say("地域の人事部って何？")
        without = replace(
            knowledge, topics={k: v for k, v in knowledge.topics.items() if k != "hub"}
        )

        (recall,) = await find_recalls(app.state.database, without)

        assert recall.is_gone
        assert recall.conversations[0].cases == ()

    async def test_only_the_facts_asked_for_are_listed(
        self, app: FastAPI, owner: Owner, engine: ScriptedDialogueEngine, knowledge: KnowledgeBase
    ):
        engine.answers.append(EngineTurn(messages=[bubble(knowledge, FACT)]))
        await owner.say("地域の人事部って何？")
        changed = with_new_text(knowledge)

        assert await find_recalls(app.state.database, changed, fact="programs/") == ()
        assert len(await find_recalls(app.state.database, changed, fact="topics/")) == 1

    async def test_an_erased_conversation_is_not_recalled(
        self, app: FastAPI, owner: Owner, engine: ScriptedDialogueEngine, knowledge: KnowledgeBase
    ):
        engine.answers.append(EngineTurn(messages=[bubble(knowledge, FACT)]))
        await owner.say("地域の人事部って何？")
        await owner.client.delete(owner.url, headers=owner.headers)

        assert await find_recalls(app.state.database, with_new_text(knowledge)) == ()

    async def test_owners_are_not_shown_the_bookkeeping(
        self, owner: Owner, engine: ScriptedDialogueEngine, knowledge: KnowledgeBase
    ):
        engine.answers.append(EngineTurn(messages=[bubble(knowledge, FACT)]))

        response = await owner.say("地域の人事部って何？")

        assert "told" not in response.text


async def open_case(app: FastAPI, owner: Owner) -> str:
    cases: CaseService = app.state.cases
    draft = CaseDraft(
        conversation_id=UUID(owner.id),
        handoff_number=1,
        turn_id="turn",
        hub_id="tsubame",
        prefix="TSU",
        headline="人が集まらない",
        snapshot={},
        consent={},
        contact={},
    )
    return (await cases.open_case(draft)).case_number
