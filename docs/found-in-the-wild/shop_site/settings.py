"""The settings of a small Django site, as much of them as the harnesses beside it need."""

INSTALLED_APPS = ["django.contrib.contenttypes"]
TIME_ZONE = "UTC"  # Django sets the zone of the whole process, by default to America/Chicago
USE_TZ = True

DATABASES = {
    "default": {"ENGINE": "django_tenants.postgresql_backend"},
    "orders": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"},
}
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.locmem.LocMemCache",
        "KEY_FUNCTION": "django_tenants.cache.make_key",
    }
}
