"""What Codex and its commands see."""

from driftgate.proxy.agent.codex.environment import environment


def test_keys_tokens_and_proxies_stay_here() -> None:
    own = {
        "PATH": "/bin",
        "LC_ALL": "C",
        "HOME": "/home/me",
        "OPENAI_API_KEY": "s",
        "HTTPS_PROXY": "http://proxy",
        "all_proxy": "http://proxy",
        "DRIFTGATE_LISTEN": "x",
        "SSH_AUTH_SOCK": "x",
        "CODEX_HOME": "/home/me/.codex",
        "RUST_LOG": "trace",
    }
    seen = environment(own)
    assert seen.pop("NO_PROXY") == seen.pop("no_proxy") == "*"
    assert seen == {"PATH": "/bin", "LC_ALL": "C", "HOME": "/home/me"}


def test_there_is_always_a_path() -> None:
    assert "/usr/bin" in environment({})["PATH"]
