"""What the owner of the browser tests answers, by the key of the question."""

TYPED = {
    "municipality": "燕市。25人",
    "company_name": "山田金属",
    "contact_name": "山田太郎",
    "contact_email": "taro@example.jp",
}
PRESSED = {
    "full_profile": "担当者に相談する",
    "share_info_consent": "送ってよい",
    "bank_share_consent": "見せない",
    "contact_consent": "連絡してよい",
    "hires_midcareer_or_ice_age": "採りたい",
}
MOST_QUESTIONS = 25
