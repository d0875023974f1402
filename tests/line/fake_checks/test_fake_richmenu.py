"""Rich menus at the fake: made, given an image, shown."""

import httpx

from tests.line.fake.line import FakeLine
from tests.line.fake.samples import MENU, png


def create(api: httpx.Client) -> str:
    made: str = api.post("/v2/bot/richmenu", json=MENU).json()["richMenuId"]
    return made


def upload(line: FakeLine, api: httpx.Client, menu_id: str, image: bytes) -> httpx.Response:
    address = f"{line.data_base}/v2/bot/richmenu/{menu_id}/content"
    return api.post(address, content=image, headers={"Content-Type": "image/png"})


class TestRichMenus:
    def test_a_menu_with_its_image_is_shown_to_everybody(
        self, line: FakeLine, api: httpx.Client
    ) -> None:
        menu_id, user = create(api), line.user()

        assert upload(line, api, menu_id, png(800, 270)).status_code == 200
        assert api.post(f"/v2/bot/user/all/richmenu/{menu_id}").status_code == 200

        assert api.get("/v2/bot/user/all/richmenu").json() == {"richMenuId": menu_id}
        assert line.account.rich_menus.of(user.id) == menu_id
        assert api.get("/v2/bot/richmenu/list").json()["richmenus"][0]["name"] == "相談"

    def test_without_an_image_it_is_not_shown(self, api: httpx.Client) -> None:
        menu_id = create(api)

        assert api.post(f"/v2/bot/user/all/richmenu/{menu_id}").status_code == 400
        assert api.get("/v2/bot/user/all/richmenu").status_code == 404

    def test_the_image_has_the_menus_size_and_is_given_once(
        self, line: FakeLine, api: httpx.Client
    ) -> None:
        menu_id = create(api)

        assert upload(line, api, menu_id, png(800, 271)).status_code == 400
        assert upload(line, api, menu_id, png(800, 270)).status_code == 200
        assert upload(line, api, menu_id, png(800, 270)).status_code == 400

    def test_the_image_goes_to_the_other_address(self, line: FakeLine, api: httpx.Client) -> None:
        address = f"/v2/bot/richmenu/{create(api)}/content"
        headers = {"Content-Type": "image/png"}

        assert api.post(address, content=png(800, 270), headers=headers).status_code == 404

    def test_too_long_words_and_areas_outside_are_refused(
        self, line: FakeLine, api: httpx.Client
    ) -> None:
        bounds = {"x": 1, "y": 0, "width": 800, "height": 270}
        area = {"bounds": bounds, "action": MENU["areas"][0]["action"]}
        menu = {**MENU, "chatBarText": "あ" * 15, "areas": [area]}

        refused = api.post("/v2/bot/richmenu", json=menu)

        assert [detail["property"] for detail in refused.json()["details"]] == [
            "chatBarText",
            "areas[0].bounds",
        ]
        line.violations.clear()

    def test_what_is_deleted_is_shown_to_nobody(self, line: FakeLine, api: httpx.Client) -> None:
        menu_id = create(api)
        upload(line, api, menu_id, png(800, 270))
        api.post(f"/v2/bot/user/all/richmenu/{menu_id}")

        assert api.delete(f"/v2/bot/richmenu/{menu_id}").status_code == 200

        assert api.get("/v2/bot/user/all/richmenu").status_code == 404
