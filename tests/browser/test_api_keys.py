"""An API key's whole life in the browser, by visible labels only."""

from playwright.sync_api import expect


def test_a_first_look(open_page, sign_in, deployment, admin):
    page = open_page()
    sign_in(page, admin)
    page.get_by_role("link", name="Data Engineering Workspace").click()
    page.get_by_role("link", name="Production").click()
    expect(page.get_by_role("heading", name="0 API Keys")).to_be_visible()
