"""Which addresses are public, against independent tables; what of them is shown."""

import ipaddress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fire_course.web import addresses

# Blocks of the IANA registries of special-purpose addresses, and multicast.
SPECIAL = [
    *("0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16"),
    *("172.16.0.0/12", "192.0.2.0/24", "192.168.0.0/16", "198.18.0.0/15"),
    *("198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4"),
    *("255.255.255.255/32", "::/128", "::1/128", "100::/64", "2001:db8::/32"),
    *("fc00::/7", "fe80::/10", "fec0::/10", "ff00::/8"),
]


def inside(network):
    first, last = int(network[0]), int(network[-1])
    return st.integers(first, last).map(type(network[0]))


@pytest.mark.parametrize("block", SPECIAL)
def test_no_address_of_a_special_block_is_public(block):
    network = ipaddress.ip_network(block)

    @settings(deadline=None, max_examples=30)
    @given(inside(network))
    def check(address):
        assert not addresses.is_public(str(address))
        if address.version == 4:
            number = int(address)
            high, low = number >> 16, number & 0xFFFF
            for disguise in (
                f"::ffff:{address}",
                f"::{address}",
                f"64:ff9b::{address}",
                f"2002:{high:x}:{low:x}::1",
            ):
                assert not addresses.is_public(disguise), disguise

    check()


@pytest.mark.parametrize(
    "address",
    ["8.8.8.8", "93.184.216.34", "172.32.0.1", "100.128.0.1", "2606:4700::1111"]
    + ["::ffff:8.8.8.8", "64:ff9b::808:808"],
)
def test_public_addresses_are_public(address):
    assert addresses.is_public(address)


@pytest.mark.parametrize(
    "text", ["", "example.org", "1.2.3", "8.8.8.8.8", "fe80::1%eth0"]
)
def test_what_is_no_public_address_is_not_public(text):
    assert not addresses.is_public(text)


@settings(deadline=None, max_examples=200)
@given(st.ip_addresses(v=4))
def test_every_way_of_writing_a_number_is_recognised(address):
    number = int(address)
    a, b, c, d = address.packed
    for text in (
        str(address),
        str(number),
        hex(number),
        f"0{number:o}",
        f"{a}.{number & 0xFFFFFF}",
        f"{a}.{b}.{c * 256 + d}",
        f"0x{a:x}.{b}.{c}.0{d:o}",
    ):
        assert addresses.as_number(text) == str(address)


@pytest.mark.parametrize("host", ["example.org", "1.2.3.4.5", "0xg", "a1", "999.1.1.1"])
def test_a_name_is_no_number(host):
    assert addresses.as_number(host) is None


LETTERS = st.text("abcXYZ019._~-", min_size=6, max_size=12)


@settings(deadline=None, max_examples=200)
@given(LETTERS, LETTERS, st.sampled_from(["user", "pwd", "TOKEN", "api_key", "auth"]))
def test_hidden_addresses_hold_no_secret(name, secret, field):
    secret = f"S{secret}S"
    url = f"http://{name}:{secret}@cam.example:81/a/{name}.jpg?x=1&{field}={secret}&y=2"
    hidden = addresses.hidden(url)
    assert secret not in hidden
    assert hidden == f"http://cam.example:81/a/{name}.jpg?x=1&{field}=***&y=2"
    assert addresses.bare(url).startswith("http://cam.example:81/a/")


@settings(deadline=None, max_examples=300)
@given(st.text(max_size=60))
def test_no_text_breaks_what_is_asked_of_addresses(text):
    for url in (text, f"http://{text}", f"http://a.example/{text}"):
        addresses.hidden(url)
        if addresses.plain_problem(url) is None:
            addresses.same_page(url)
            assert addresses.origin(url)[1]
            assert addresses.moved("http://me:pw@b.example/", url)
