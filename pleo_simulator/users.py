"""Log-ins of the simulated Pleo users."""

import hmac

from .store import Row, Store


def find_user(store: Store, user_id: str) -> Row | None:
    return store.one("SELECT * FROM users WHERE id = ?", user_id)


def log_in(store: Store, email: str, password: str) -> Row | None:
    user = store.one("SELECT * FROM users WHERE email = ?", email.strip().lower())
    right = user is not None and hmac.compare_digest(user["password"].encode(), password.encode())
    return user if right else None


def companies_of(store: Store, user_id: str) -> list[Row]:
    return store.all(
        "SELECT c.* FROM companies c JOIN company_users x ON x.company_id = c.id"
        " WHERE x.user_id = ? ORDER BY c.position",
        user_id,
    )
