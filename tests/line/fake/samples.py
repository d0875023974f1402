"""Messages of every look, for trying how the simulator draws them."""

import struct
import zlib
from typing import Any

Json = dict[str, Any]


def quick_replies(words: str, *labels: str) -> Json:
    """A text with quick replies that post back."""
    items = [
        {
            "type": "action",
            "action": {
                "type": "postback",
                "label": label,
                "data": f"p:{label}",
                "displayText": label,
            },
        }
        for label in labels
    ]
    return {"type": "text", "text": words, "quickReply": {"items": items}}


def _bar(name: str, percent: int) -> Json:
    filled: Json = {
        "type": "box",
        "layout": "vertical",
        "contents": [{"type": "filler"}],
        "width": f"{percent}%",
        "height": "10px",
        "backgroundColor": "#0a6e37",
        "cornerRadius": "sm",
    }
    track: Json = {
        "type": "box",
        "layout": "vertical",
        "contents": [filled],
        "height": "10px",
        "backgroundColor": "#e2e2e2",
        "cornerRadius": "sm",
        "margin": "sm",
    }
    head: Json = {
        "type": "box",
        "layout": "baseline",
        "contents": [
            {"type": "text", "text": name, "size": "sm", "flex": 3, "wrap": True},
            {
                "type": "text",
                "text": f"{percent}",
                "size": "sm",
                "weight": "bold",
                "align": "end",
                "flex": 1,
            },
        ],
    }
    return {"type": "box", "layout": "vertical", "contents": [head, track], "margin": "lg"}


def diagnosis() -> Json:
    """A bubble with bars made of boxes."""
    bars = {"採用": 35, "定着": 20, "育成": 60, "後継ぎ": 80}
    title = {"type": "text", "text": "いまの様子", "weight": "bold", "size": "xl"}
    note = {
        "type": "text",
        "text": "数字は、うかがったお話から見た強さ（100点中）です。𠮷野家・葛󠄀城も正しく出ます。",
        "size": "xs",
        "color": "#555555",
        "wrap": True,
        "margin": "md",
    }
    contents = [title, {"type": "separator", "margin": "md"}]
    contents += [_bar(name, percent) for name, percent in bars.items()]
    body = {"type": "box", "layout": "vertical", "contents": [*contents, note]}
    return {
        "type": "flex",
        "altText": "いまの様子：採用35、定着20、育成60、後継ぎ80",
        "contents": {"type": "bubble", "size": "mega", "body": body},
    }


def recommendations(count: int = 3) -> Json:
    """A carousel of bubbles with header, body and buttons."""
    return {
        "type": "flex",
        "altText": f"おすすめの支援（{count}件）",
        "contents": {
            "type": "carousel",
            "contents": [_recommendation(number + 1) for number in range(count)],
        },
    }


def _recommendation(number: int) -> Json:
    header = {
        "type": "box",
        "layout": "horizontal",
        "backgroundColor": "#e6f2eb",
        "contents": [
            {"type": "text", "text": f"{number}番目", "size": "sm", "color": "#0a6e37", "flex": 0},
            {"type": "text", "text": "受付中", "size": "sm", "align": "end", "color": "#333333"},
        ],
        "paddingAll": "md",
    }
    body = {
        "type": "box",
        "layout": "vertical",
        "spacing": "md",
        "contents": [
            {"type": "text", "text": "副業・兼業人材の活用支援", "weight": "bold", "wrap": True},
            {
                "type": "text",
                "text": "「若い人が続かない」というお話に、まず外の人の手を借りる道があります。"
                * 2,
                "size": "sm",
                "wrap": True,
                "maxLines": 4,
            },
        ],
    }
    uri = {"type": "uri", "label": "くわしく見る", "uri": "https://example.jp/support"}
    ask = {"type": "message", "label": "これを相談する", "text": f"{number}番目を相談したい"}
    footer = {
        "type": "box",
        "layout": "vertical",
        "spacing": "sm",
        "contents": [
            {
                "type": "button",
                "style": "primary",
                "color": "#0a6e37",
                "height": "sm",
                "action": uri,
            },
            {"type": "button", "style": "secondary", "height": "sm", "action": ask},
        ],
    }
    return {"type": "bubble", "size": "kilo", "header": header, "body": body, "footer": footer}


def templates() -> list[Json]:
    """Confirm, buttons and a carousel of columns."""
    yes = {"type": "postback", "label": "送ってよい", "data": "p:yes", "displayText": "送ってよい"}
    no = {"type": "postback", "label": "やめる", "data": "p:no", "displayText": "やめる"}
    link = {"type": "uri", "label": "開く", "uri": "https://example.jp/"}
    confirm = {"type": "confirm", "text": "窓口に送りますか。", "actions": [yes, no]}
    buttons = {
        "type": "buttons",
        "title": "回答があります",
        "text": "窓口から回答が届きました。",
        "actions": [link],
    }
    columns = [{"title": f"案内{n}", "text": "くわしくはこちら", "actions": [link]} for n in (1, 2)]
    made = (confirm, buttons, {"type": "carousel", "columns": columns})
    return [{"type": "template", "altText": "ご案内", "template": template} for template in made]


SIZE = {"width": 800, "height": 270}
MENU: Json = {
    "size": SIZE,
    "selected": True,
    "name": "相談",
    "chatBarText": "メニュー",
    "areas": [
        {
            "bounds": {"x": 0, "y": 0, "width": 800, "height": 270},
            "action": {"type": "message", "text": "相談する"},
        }
    ],
}


def png(width: int, height: int) -> bytes:
    """A white picture."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return (
            struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        )

    rows = (b"\0" + b"\xff" * width) * height
    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    body = chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + body
