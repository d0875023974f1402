"""A twin of kintone's record API in a process of its own, with its documented errors.

One app (number 7) with the fields of `FIELDS`; `receipt` prohibits duplicate values. Like
kintone it ignores unknown field codes when a record is added, and refuses the key field
among the values of an update. The token decides further: `busy`, `down`, `maintenance`.
Usage: python kintone_twin.py '{}'. It prints its port.
"""

import json
import socket
import sys
from typing import Any

import uvicorn
from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse, PlainTextResponse, Response

TOKEN = "right-token"
FIELDS = {"receipt", "kind", "hub", "due", "link"}
KEY = "receipt"
app = FastAPI()
records: dict[str, dict[str, Any]] = {}
calls: list[str] = []
vanishing: set[str] = set()
"""Keys that the next update does not see, as when another process adds them meanwhile."""


def error(status: int, code: str, message: str, **more: Any) -> JSONResponse:
    body = {"code": code, "id": "1505999166-897850006", "message": message, **more}
    return JSONResponse(body, status)


def refused(field: str, words: str) -> JSONResponse:
    return error(
        400,
        "CB_VA01",
        "入力内容が正しくありません。",
        errors={f"record.{field}.value": {"messages": [words]}},
    )


def check(request: Request, body: dict[str, Any]) -> Response | None:
    calls.append(request.method)
    token = request.headers.get("x-cybozu-api-token")
    if token == "busy":
        return error(
            520, "GAIA_DA02", "データベースのロックに失敗したため、変更を保存できませんでした。"
        )
    if token == "many":
        return JSONResponse({}, 429, headers={"Retry-After": "30"})
    if token == "down":
        return PlainTextResponse("<html>Service Unavailable</html>", 503)
    if token == "front":
        return PlainTextResponse("<html>Web server is returning an unknown error</html>", 520)
    if token != TOKEN:
        return error(
            520, "GAIA_IA02", "指定したAPIトークンは、アプリで生成されたトークンと異なります。"
        )
    if request.headers.get("content-type") != "application/json":
        return error(415, "CB_IJ01", "不正なJSON文字列です。")
    if str(body.get("app")) != "7":
        return error(404, "GAIA_AP01", "指定したアプリが見つかりません。")
    due = body["record"].get("due", {}).get("value")
    if due == "never":
        return refused("due", "日付の形式が正しくありません。")
    return None


def values(body: dict[str, Any]) -> dict[str, Any]:
    return {field: given["value"] for field, given in body["record"].items() if field in FIELDS}


@app.post("/k/v1/record.json")
@app.post("/k/guest/5/v1/record.json")
async def add(request: Request) -> Response:
    body = await request.json()
    if (answer := check(request, body)) is not None:
        return answer
    record = values(body)
    key = record.get(KEY) or f"(no key {len(records)})"
    if key in records:
        return refused(KEY, "値がほかのレコードと重複しています。")
    records[key] = {"id": str(len(records) + 1), "revision": 1, **record}
    return JSONResponse({"id": records[key]["id"], "revision": "1"})


@app.put("/k/v1/record.json")
@app.put("/k/guest/5/v1/record.json")
async def update(request: Request) -> Response:
    body = await request.json()
    if (answer := check(request, body)) is not None:
        return answer
    field, key = body["updateKey"]["field"], body["updateKey"]["value"]
    if field != KEY:
        return error(400, "GAIA_IQ03", f"フィールド「{field}」は、updateKeyに指定できません。")
    if field in body["record"]:
        return refused(field, "updateKeyに指定したフィールドは更新できません。")
    if key in vanishing or key not in records:
        vanishing.discard(key)
        return error(404, "GAIA_RE20", "updateKeyに該当するレコードがありません。")
    records[key].update(values(body), revision=records[key]["revision"] + 1)
    return JSONResponse({"revision": str(records[key]["revision"])})


@app.get("/twin")
async def show() -> dict[str, Any]:
    return {"records": records, "calls": calls}


@app.post("/twin/vanish/{key}")
async def vanish(key: str) -> None:
    vanishing.add(key)


if __name__ == "__main__":
    json.loads(sys.argv[1])
    listening = socket.create_server(("127.0.0.1", 0))
    print(listening.getsockname()[1], flush=True)
    uvicorn.Server(uvicorn.Config(app, log_level="critical")).run(sockets=[listening])
