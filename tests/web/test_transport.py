"""One name for this host: pages asked for by number are redirected to it, and to nowhere else."""

import pytest


def test_a_page_by_number_leads_to_the_same_page_by_name(client):
    response = client.get("/token?a=b", headers={"Host": "127.0.0.1:8871"})

    assert (response.status_code, response["Location"]) == (301, "http://localhost:8871/token?a=b")


@pytest.mark.threat("T-W11")
@pytest.mark.parametrize(
    "port", ["8871@elsewhere.example", ".elsewhere.example", "x", "8871\\@elsewhere.example"]
)
def test_a_port_that_is_none_leads_nowhere(client, port):
    response = client.get("/token", headers={"Host": f"127.0.0.1:{port}"})

    assert response.status_code == 400
    assert "Location" not in response
