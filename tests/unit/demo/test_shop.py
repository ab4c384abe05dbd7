"""The shop sells what there is, once."""

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from uuid import uuid4

import pytest

APP = Path(__file__).parents[3] / "demo" / "jewelry-shop" / "app"


@pytest.fixture
def counter(shop):
    """A new tenant with a branch, a till and five rings; gone afterwards."""
    slug = f"t-{uuid4().hex[:8]}"
    ids = {"tenant": shop.call("POST", "/api/tenants/", {"company_name": "Test", "slug": slug})[1]["id"]}
    for kind, extra in (("branch", {"name": "B"}), ("category", {"name": "C"})):
        path = {"branch": "branches", "category": "categories"}[kind]
        ids[kind] = shop.call("POST", f"/api/{path}/", {"tenant": ids["tenant"], **extra})[1]["id"]
    ids["terminal"] = shop.call("POST", "/api/terminals/", {"branch": ids["branch"], "name": "T"})[1]["id"]
    ring = {"tenant": ids["tenant"], "branch": ids["branch"], "category": ids["category"], "sku": "R1", "name": "Ring"}
    numbers = {"karat": 18, "weight_grams": "5.0", "cost_price": "500", "selling_price": "750", "quantity": 5}
    ids["item"] = shop.call("POST", "/api/items/", ring | numbers)[1]["id"]
    yield ids
    assert shop.call("DELETE", f"/api/tenants/{ids['tenant']}/")[0] == 204


def sell(shop, counter, quantity=1, **headers):
    order = {"branch": counter["branch"], "terminal": counter["terminal"]}
    return shop.call(
        "POST", "/api/sales/", order | {"items": [{"item": counter["item"], "quantity": quantity}]}, **headers
    )


def stock(shop, counter):
    return shop.call("GET", f"/api/items/{counter['item']}/")[1]["quantity"]


def test_a_sale_takes_stock_and_adds_tax(shop, counter):
    status, sale = sell(shop, counter, 2)

    assert (status, sale["subtotal"], sale["tax"], sale["total"]) == (201, "1500.00", "150.00", "1650.00")
    assert stock(shop, counter) == 3
    assert [line["quantity"] for line in sale["items"]] == [2]


def test_more_than_there_is_cannot_be_sold(shop, counter):
    status, answer = sell(shop, counter, 6)

    assert status == 409
    assert answer["short"] == {str(counter["item"]): {"wanted": 6, "left": 5}}
    assert stock(shop, counter) == 5


def test_twenty_tills_at_once_sell_the_five_there_are_and_no_more(shop, counter):
    with ThreadPoolExecutor(20) as tills:
        answers = [status for status, _ in tills.map(lambda _: sell(shop, counter), range(20))]

    assert sorted(answers) == [201] * 5 + [409] * 15
    assert stock(shop, counter) == 0
    assert shop.sql(f"SELECT count(*) FROM sales_sale WHERE tenant_id = {counter['tenant']}") == [(5,)]


def test_a_repeated_sale_is_the_same_sale(shop, counter):
    first = sell(shop, counter, Idempotency_Key="k1")
    again = sell(shop, counter, Idempotency_Key="k1")

    assert (first[0], again[0]) == (201, 200)
    assert first[1]["id"] == again[1]["id"]
    assert stock(shop, counter) == 4


def test_ten_repetitions_at_the_same_moment_are_one_sale(shop, counter):
    with ThreadPoolExecutor(10) as tills:
        answers = list(tills.map(lambda _: sell(shop, counter, Idempotency_Key="k2"), range(10)))

    assert sorted(status for status, _ in answers) == [200] * 9 + [201]
    assert len({sale["id"] for _, sale in answers}) == 1
    assert stock(shop, counter) == 4


def test_an_order_for_two_pieces_of_which_one_is_missing_sells_neither(shop, counter):
    ring = shop.call("GET", f"/api/items/{counter['item']}/")[1]
    scarce = {key: ring[key] for key in ("tenant", "branch", "category", "karat", "weight_grams", "cost_price")}
    scarce = shop.call(
        "POST", "/api/items/", scarce | {"sku": "R2", "name": "Rare", "selling_price": "9", "quantity": 0}
    )[1]
    both = [{"item": counter["item"]}, {"item": scarce["id"]}]

    assert shop.call("POST", "/api/sales/", {"branch": counter["branch"], "items": both})[0] == 409
    assert stock(shop, counter) == 5


def test_people_see_their_own_tenant_only(shop, counter):
    body = {"username": f"u-{counter['tenant']}", "password": "long-enough-9", "tenant": counter["tenant"]}
    assert shop.call("POST", "/api/users/", body)[0] == 201
    token = shop.call("POST", "/api/login/", {"username": body["username"], "password": body["password"]})[1]["token"]
    mine = {"Authorization": f"Bearer {token}"}

    assert [item["id"] for item in shop.call("GET", "/api/items/", **mine)[1]["results"]] == [counter["item"]]
    assert shop.call("POST", "/api/tenants/", {"company_name": "X", "slug": "x"}, **mine)[0] == 403
    assert shop.call("GET", "/api/config/", **mine)[0] == 403
    assert shop.call("POST", "/api/branches/", {"tenant": 1, "name": "not mine"}, **mine)[0] == 403


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("GET", "/api/items/999999/", None, 404),
        ("POST", "/api/items/", {"sku": "only"}, 422),
        ("POST", "/api/tenants/", {"company_name": "A", "slug": "house"}, 422),
        ("POST", "/api/tenants/", {"name": "unknown key"}, 422),
        ("POST", "/api/sales/", {"branch": 999999, "items": [{"item": 1}]}, 404),
        ("POST", "/api/sales/", {"branch": 1, "items": []}, 422),
        ("POST", "/api/sales/", {"branch": 1, "items": [{"item": 1, "quantity": 0}]}, 422),
        ("PUT", "/api/sales/", {}, 405),
        ("POST", "/api/login/", {"username": "admin", "password": "wrong"}, 401),
        ("GET", "/api/items/?branch=abc", None, 422),
    ],
)
def test_bad_requests_are_refused_with_a_reason(shop, method, path, body, status):
    answered, answer = shop.call(method, path, body)

    assert answered == status
    assert answer["error"]


def test_without_a_token_there_is_nothing_to_see(shop):
    assert shop.call("GET", "/api/items/", Authorization="Bearer nonsense")[0] == 401


def test_a_search_finds_by_name_and_by_number(shop, counter):
    found = shop.call("GET", f"/api/items/?search=ring%20r1&tenant={counter['tenant']}")[1]

    assert found["count"] == 1


def test_the_page_shows_the_shop_and_its_pieces(shop):
    status, text = shop.call("GET", "/")

    assert status == 200
    assert "Jewelry Shop" in text
    assert "Signet ring" in text


def test_the_running_configuration_hides_secrets(shop):
    status, seen = shop.call("GET", "/api/config/")

    assert status == 200
    assert seen["config"]["SENTINEL_HOSTS"] == shop.environment["SENTINEL_HOSTS"]
    assert shop.environment["REDIS_PASSWORD"] not in str(seen)


def test_a_second_bring_up_finds_nothing_to_do(shop):

    done = subprocess.run(
        [sys.executable, "bring_up.py"], cwd=APP, env=shop.environment, capture_output=True, text=True, check=True
    )

    assert done.stdout == "0 migrations to apply\n"
