"""Ids that data, code and language understanding share; the knowledge must cover them all."""

from typing import Final

DIMENSIONS: Final = ("P1", "P2", "P3", "F1", "F2", "F3", "F4", "F5")
CONCERNS: Final = (
    "strategy_alignment",
    "gap_visibility",
    "culture",
    "hiring",
    "core_talent",
    "diversity",
    "reskilling",
    "engagement",
    "workstyle",
    "hr_system",
    "surplus",
    "side_job_out",
)
PROGRAMS: Final = (
    "shin_geneki",
    "jinzai_share",
    "seminar",
    "workshop",
    "joint_fair",
    "dx_reskilling",
    "career_up",
    "side_job_a",
    "side_job_b",
    "joint_course",
    "hub",
    "employment_stability",
)
ASPECTS: Final = (
    "overview",
    "eligibility",
    "amount",
    "how_to_apply",
    "period",
    "contact",
    "results",
    "flow",
    "example",
)
HUBS: Final = (
    "tsubame",
    "nagaoka",
    "matsumoto",
    "shiojiri",
    "hitachi",
    "hitachiota",
    "daigo",
    "mishima",
    "bureau",
)
TOPICS: Final = (
    "hub",
    "model",
    "privacy",
    "help",
    "bot",
    "cost",
    "line",
    "human",
    "labor",
    "danger",
    "out_of_scope",
)
FACTS: Final = (
    "company_name",
    "municipality",
    "prefecture",
    "industry",
    "employees",
    "workforce_surplus_now",
    "wants_upskilling_by_secondment",
    "secondment_within_group",
    "accepts_external_talent",
    "wants_to_allow_side_jobs",
    "needs_project_expert",
    "hires_midcareer_or_ice_age",
    "wants_dx_training",
    "has_university_partner",
    "planned_costs_yen",
    "people_taken_in",
    "share_info_consent",
    "bank_share_consent",
    "authority_share_consent",
    "contact_consent",
    "contact_name",
    "contact_email",
    "contact_phone",
)

BUREAU: Final = "bureau"
HUB_PROGRAM: Final = "hub"
FALLBACK_PROGRAM: Final = "yorozu"

MUNICIPALITY: Final = "municipality"
PREFECTURE: Final = "prefecture"
EMPLOYEES: Final = "employees"
FULL_PROFILE: Final = "full_profile"
