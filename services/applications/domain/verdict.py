"""What comes out when eligibility is looked at: yes, or every reason why not."""

from pydantic import BaseModel, ConfigDict

from services.chassis.domain import RuleBroken


class NotEligible(RuleBroken):
    """Something speaks against this application; every such thing is named."""


class Reason(BaseModel):
    model_config = ConfigDict(frozen=True)

    code: str
    text: str


class EligibilityVerdict(BaseModel):
    """Without a reason against it, a person is eligible."""

    model_config = ConfigDict(frozen=True)

    reasons: tuple[Reason, ...] = ()
    policy_version: str = ""
    case: str = ""
    """What was looked at, as JSON: nobody asks for its parts, and it can be judged again."""

    @property
    def eligible(self) -> bool:
        return not self.reasons

    def in_words(self) -> str:
        return " ".join(reason.text for reason in self.reasons)
