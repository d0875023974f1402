"""The console's styles and modules, which browsers ask for again after an update."""

from collections.abc import Mapping, MutableMapping
from os import PathLike, stat_result

from fastapi.staticfiles import StaticFiles
from starlette.responses import Response

Scope = MutableMapping[str, object]


class RevalidatedFiles(StaticFiles):
    """Files that are asked for by their tag each time.

    A module names the others without a version, so an old one must never meet a new one.
    """

    def file_response(
        self,
        full_path: str | PathLike[str],
        stat_result: stat_result,
        scope: Scope,
        status_code: int = 200,
    ) -> Response:
        """The file, or that it has not changed."""
        response = super().file_response(full_path, stat_result, scope, status_code)
        headers: Mapping[str, str] = {
            "Cache-Control": "no-cache",
            "X-Content-Type-Options": "nosniff",
        }
        response.headers.update(headers)
        return response
