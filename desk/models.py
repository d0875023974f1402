"""Every table of desk, for what has to know all of them: migrations, renewals of keys, tests."""

import desk.audit.models
import desk.auth.models
import desk.cases.models
import desk.chat.models
import desk.console.models
import desk.jobs.models
import desk.line.models
import desk.live.models
import desk.notify.models
import desk.reconcile.models
import desk.vault.models

__all__ = ["desk"]
