# what: What an address is, without asking anybody.
import ipaddress


def main(address: str) -> dict:
    """Tell about an IP address or network."""
    if "/" in address:
        network = ipaddress.ip_network(address, strict=False)
        return {"network": str(network), "addresses": network.num_addresses, "private": network.is_private}
    ip = ipaddress.ip_address(address)
    return {"version": ip.version, "private": ip.is_private, "reverse": ip.reverse_pointer}
