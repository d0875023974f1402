"""The triggers that write the ledger of cases, with the tables of the models.

The migration has its own copy, as every migration has.
"""

from sqlalchemy import DDL, event

from desk.cases.models import Case, CaseCount

_COUNT = "INSERT INTO case_count(hub_id, status, number) VALUES ({0}.hub_id, {0}.status, {1});"
_COMES, _GOES = _COUNT.format("new", 1), _COUNT.format("old", -1)
_MOVES = "OLD.hub_id <> NEW.hub_id OR OLD.status <> NEW.status"
TRIGGERS = {
    "sqlite": (
        f'CREATE TRIGGER case_count_opened AFTER INSERT ON "case" BEGIN {_COMES} END',
        f'CREATE TRIGGER case_count_deleted AFTER DELETE ON "case" BEGIN {_GOES} END',
        f"""CREATE TRIGGER case_count_moved AFTER UPDATE OF hub_id, status ON "case"
            WHEN {_MOVES} BEGIN {_GOES} {_COMES} END""",
    ),
    "postgresql": (
        f"""CREATE OR REPLACE FUNCTION count_case() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
            IF TG_OP = 'INSERT' THEN {_COMES}
            ELSIF TG_OP = 'DELETE' THEN {_GOES}
            ELSIF {_MOVES} THEN {_GOES} {_COMES}
            END IF;
            RETURN NULL; END $$""",
        """CREATE TRIGGER case_count_changed AFTER INSERT OR DELETE OR UPDATE OF hub_id, status
           ON "case" FOR EACH ROW EXECUTE FUNCTION count_case()""",
    ),
}

CaseCount.__table__.add_is_dependent_on(Case.__table__)  # type: ignore[attr-defined]
for _dialect, _statements in TRIGGERS.items():
    for _statement in _statements:
        event.listen(
            CaseCount.__table__,
            "after_create",
            DDL(_statement).execute_if(dialect=_dialect),  # type: ignore[no-untyped-call]
        )
