"""No error of the product is without words in any dialect."""

import pytest

from visavis.api.dialect import Dialect
from visavis.api.nhn.plus import PLUS
from visavis.api.nhn.v1 import V1
from visavis.api.nhn.v2 import V2
from visavis.api.nhn.v2_1 import V2_1
from visavis.api.searchface.dialect import SEARCHFACE
from visavis.errors import ErrorCode, ServiceError

OF_THE_ADMIN_API_ALONE = {
    ErrorCode.APP_NOT_FOUND,
    ErrorCode.DUPLICATE_APP,
    ErrorCode.KEY_NOT_FOUND,
    ErrorCode.PERSON_NOT_FOUND,
    ErrorCode.PERSON_EXISTS,
    ErrorCode.ACCESS_KEY_NOT_FOUND,
    ErrorCode.DUPLICATE_ACCESS_KEY,
    ErrorCode.WEBHOOK_NOT_FOUND,
}


@pytest.mark.parametrize("uploaded", [False, True])
@pytest.mark.parametrize("code", sorted(set(ErrorCode) - OF_THE_ADMIN_API_ALONE))
@pytest.mark.parametrize("dialect", [V1, V2, V2_1, PLUS, SEARCHFACE], ids=lambda dialect: dialect.name)
def test_every_operation_has_an_answer_to_every_error(dialect: Dialect, code: ErrorCode, uploaded: bool) -> None:
    for operation in dialect.operations:
        wire = dialect.wire_error(ServiceError(code, "A reason.", subject="Source"), operation, uploaded)
        assert wire.code != 0
        assert wire.message
        assert wire.status in {200, 400, 403, 429, 503}
        assert (wire.status == 429) == (code is ErrorCode.RATE_LIMITED)
        assert (wire.status == 503) == (code is ErrorCode.OVERLOADED)
