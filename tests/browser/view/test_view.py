"""What stands in the chat: progress, corrections, cards, who speaks, whether it helped."""

from itertools import pairwise

import pytest
from playwright.sync_api import expect
from sqlalchemy import select

from desk.chat.models import Satisfaction
from desk.vault.service import open_database
from tests.browser.view.conftest import AdvisedDesk, Owner
from tests.browser.view.states import joined

pytestmark = pytest.mark.browser
CORRECT = "button.correct"


def satisfied(advised: AdvisedDesk) -> list[tuple[str, str | None]]:
    """What owners answered, oldest first."""

    async def read() -> list[tuple[str, str | None]]:
        database = open_database(advised.live.settings)
        async with database.read() as tx:
            rows = (await tx.scalars(select(Satisfaction).order_by(Satisfaction.asked_at))).all()
        await database.close()
        return [(row.after, row.answer) for row in rows]

    return advised.live.arrange(read())


class TestProgress:
    def test_number_of_questions_to_come_stands_at_the_open_question_only(
        self, owner: Owner
    ) -> None:
        page = owner.begin().page
        expect(page.locator(".left:visible")).to_have_text("あと7問ほど")

        numbers = [7]
        while owner.key() != "full_profile":
            text = page.locator(".left:visible").inner_text()
            numbers.append(int("".join(filter(str.isdecimal, text))))
            owner.answer()

        expect(page.locator(".left:visible")).to_have_count(0)
        assert numbers[-1] <= 2
        steps = [after - before for before, after in pairwise(numbers[1:])]
        assert max(steps) <= 1
        assert sum(steps) < 0


class TestCorrection:
    def test_typed_answer_is_put_right_by_its_own_button(self, owner: Owner) -> None:
        page = owner.begin().page
        owner.say("燕市")
        expect(owner.question).to_have_attribute("data-key", "employees")
        owner.say("25人")
        bubble = page.locator("li[data-author=user]", has_text="25人").first

        bubble.locator(CORRECT).click()
        expect(owner.question).to_have_attribute("data-key", "employees")
        expect(page.locator("li[data-author=user]").last).to_contain_text("答えを直す：25人")
        expect(bubble.locator(CORRECT)).to_have_count(0)
        owner.say("40人")

        expect(owner.question).not_to_have_attribute("data-key", "employees")
        page.reload()
        expect(page.locator("li", has_text="40人").first).to_be_visible()
        names = page.locator(CORRECT).all_text_contents()
        assert names == ["答えを直す：燕市", "答えを直す：40人"]

    def test_pressed_answer_is_put_right_and_the_advice_is_given_anew(self, owner: Owner) -> None:
        page = owner.advised().page
        asked = page.locator(".choices[data-key^='F']").first
        key = str(asked.get_attribute("data-key"))
        answered = asked.locator("xpath=ancestor::li/following-sibling::li[@data-author='user']")

        answered.first.locator(CORRECT).click()
        expect(owner.question).to_have_attribute("data-key", key)
        owner.until("full_profile")

        expect(page.locator("[data-card=recommendations]")).to_have_count(2)

    def test_nothing_can_be_put_right_that_is_sent(self, owner: Owner) -> None:
        owner.advised()
        assert owner.page.locator(CORRECT).count() > 2
        owner.until("send_case")
        company = owner.page.locator("li[data-author=user]", has_text="山田金属").first
        expect(company.locator(CORRECT)).to_be_visible()

        owner.choose("送る")

        expect(owner.page.locator("[data-card=receipt]")).to_be_visible()
        expect(owner.page.locator(CORRECT)).to_have_count(0)


class TestCards:
    def test_figure_and_table_say_the_same(self, owner: Owner) -> None:
        card = owner.advised().page.locator("[data-card=diagnosis]").last

        figure = card.get_by_role("img", name="8つの項目の様子を表した図。内容は表と同じです。")
        expect(figure).to_be_visible()
        rows = card.locator("tbody tr")
        expect(rows).to_have_count(8)
        asked = rows.filter(has_not=card.page.locator("td.unasked"))
        expect(card.locator(".radar-dot")).to_have_count(asked.count())
        assert asked.count() > 0
        expect(card.locator(".radar-badge.radar-unasked")).to_have_count(8 - asked.count())

    def test_every_measure_has_reason_source_date_and_state(self, owner: Owner) -> None:
        measures = owner.advised().page.locator("[data-card=recommendations] li.program")

        expect(measures).to_have_count(3)
        for measure in measures.all():
            expect(measure).to_contain_text("理由：")
            expect(measure.locator(".source")).to_contain_text("出典：")
            expect(measure.locator(".source")).to_contain_text("年")
            expect(measure.locator(".program-head .tag")).to_be_visible()

    def test_receipt_has_number_hub_and_day(self, owner: Owner) -> None:
        number = owner.received()
        receipt = owner.page.locator("[data-card=receipt]")

        expect(receipt.locator(".case-number")).to_have_text(number)
        expect(receipt).to_contain_text("担当する窓口")
        expect(receipt).to_contain_text("2026年11月27日（金）までにご連絡します")


class TestPeople:
    def test_person_is_named_and_looks_different_from_the_bot(self, owner: Owner) -> None:
        owner.received()
        page = owner.page
        bot = page.locator("li[data-author=bot] .bubble").first
        expect(page.locator("li[data-author=bot] .author").first).to_have_text("相談ナビ（AI）")

        joined(owner)

        staff = page.locator("li[data-author=staff]")
        expect(staff.locator(".author")).to_have_text("担当者 担当 hanako")
        expect(page.locator("#chat-holder")).to_have_text("担当者 担当 hanakoがお答えします")
        ground = "node => getComputedStyle(node).backgroundColor"
        assert staff.locator(".bubble").evaluate(ground) != bot.evaluate(ground)

    def test_way_to_a_person_and_when_people_are_there_are_always_in_sight(
        self, owner: Owner
    ) -> None:
        page = owner.open().page
        person = page.locator("#talk-to-human")

        for size in ((390, 844), (320, 640), (1280, 800)):
            page.set_viewport_size({"width": size[0], "height": size[1]})
            expect(person).to_be_in_viewport(ratio=1)
        expect(page.locator("#chat-hours")).to_contain_text("までにします。")
        expect(person).to_have_accessible_description(page.locator("#chat-hours").inner_text())
        owner.begin()
        person.click()
        expect(page.locator("li[data-author=user]").last).to_contain_text("担当者に相談")
        expect(owner.question).to_be_visible()


class TestSatisfaction:
    def test_it_is_asked_with_the_receipt_and_kept(
        self, owner: Owner, advised: AdvisedDesk
    ) -> None:
        owner.received()
        page = owner.page
        asked = page.locator("li[data-author=system]", has_text="解決に近づきましたか")
        before = len(satisfied(advised))

        asked.get_by_role("button", name="はい").click()

        expect(page.locator("li[data-author=system]").last).to_contain_text("ありがとうございます")
        assert len(satisfied(advised)) == before
        assert satisfied(advised)[-1] == ("handoff", "yes")
        expect(asked.locator(".choice-chosen")).to_contain_text("選択済み")

    def test_it_is_asked_when_the_owner_ends_after_the_advice(
        self, owner: Owner, advised: AdvisedDesk
    ) -> None:
        owner.advised().choose("今日はここまで")
        page = owner.page
        asked = page.locator("li[data-author=system]", has_text="解決しましたか")

        asked.get_by_role("button", name="まだ").click()

        expect(asked.locator(".choice-chosen")).to_contain_text("選択済み")
        offered = page.locator("li[data-author=user]", has_text="まだ").locator(
            "xpath=following::li"
        )
        expect(offered.get_by_role("button", name="担当者に相談")).to_be_visible()
        assert satisfied(advised)[-1] == ("advice", "no")
