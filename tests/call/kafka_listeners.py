# SPDX-License-Identifier: Apache-2.0
"""The listeners that kwire call is tested with: plain text, TLS with a client's certificate, TLS with a login."""
from __future__ import annotations

from certificates import Authority
from real_broker import Kafka, free_ports

USER, PASSWORD = "alice", "alice's secret"
LOGIN = "org.apache.kafka.common.security"
SECURITY = {"PLAINTEXT": "PLAINTEXT", "CONTROLLER": "PLAINTEXT", "LOGIN": "SASL_SSL", "MUTUAL": "SSL"}
SCRAM = {"SCRAM-SHA-256": 1, "SCRAM-SHA-512": 2}
SCOPE = "kafka.call"  # that a token must have


def ports_of(kafka: Kafka) -> dict[str, int]:
    """A port for each listener."""
    login, mutual = free_ports(2)
    return {"PLAINTEXT": kafka.port, "CONTROLLER": kafka.controller_port, "LOGIN": login, "MUTUAL": mutual}


def settings(ports: dict[str, int], authority: Authority) -> dict[str, str]:
    """Properties of the broker; the authority has issued "broker"."""
    with open(authority.file("broker-with-key.pem"), "w", encoding="ascii") as both:
        for part in ("broker.key", "broker.pem"):
            with open(authority.file(part), encoding="ascii") as file:
                both.write(file.read())
    listeners = ",".join(f"{name}://127.0.0.1:{port}" for name, port in ports.items())
    found = {
        "listeners": listeners,
        "advertised.listeners": listeners,
        "listener.security.protocol.map": ",".join(f"{name}:{protocol}" for name, protocol in SECURITY.items()),
        "inter.broker.listener.name": "PLAINTEXT",
        "sasl.enabled.mechanisms": ",".join(["PLAIN", "OAUTHBEARER", *SCRAM]),
        "listener.name.login.plain.sasl.jaas.config":
            f'{LOGIN}.plain.PlainLoginModule required user_{USER}="{PASSWORD}";',
        "listener.name.login.oauthbearer.sasl.jaas.config":
            f'{LOGIN}.oauthbearer.OAuthBearerLoginModule required unsecuredLoginStringClaim_sub="broker" '
            f'unsecuredValidatorRequiredScope="{SCOPE}";',
        "listener.name.mutual.ssl.client.auth": "required",
        "ssl.keystore.type": "PEM",
        "ssl.keystore.location": authority.file("broker-with-key.pem"),
        "ssl.truststore.type": "PEM",
        "ssl.truststore.location": str(authority.certificate),
    }
    for mechanism in SCRAM:
        found[f"listener.name.login.{mechanism.lower()}.sasl.jaas.config"] = f"{LOGIN}.scram.ScramLoginModule required;"
    return found
