"""Who runs the shop: tenants, their branches and tills, and the people who log in."""

from typing import ClassVar

from django.contrib.auth.models import AbstractUser
from django.db import models


class Tenant(models.Model):
    """A business that uses the platform. Deleting it deletes all that is its own."""

    class Status(models.TextChoices):
        """Whether it may trade."""

        ACTIVE = "ACTIVE"
        SUSPENDED = "SUSPENDED"

    company_name = models.CharField(max_length=200)
    slug = models.SlugField(unique=True, max_length=80)
    status = models.CharField(max_length=20, choices=Status.choices, default=Status.ACTIVE)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        """The first tenant is the oldest one."""

        ordering: ClassVar = ["pk"]

    def __str__(self) -> str:
        return self.company_name


class Branch(models.Model):
    """A place where a tenant sells."""

    tenant = models.ForeignKey(Tenant, on_delete=models.CASCADE, related_name="branches")
    name = models.CharField(max_length=200)
    address = models.CharField(max_length=300, blank=True)

    class Meta:
        """One name per tenant."""

        ordering: ClassVar = ["pk"]
        constraints: ClassVar = [models.UniqueConstraint(fields=["tenant", "name"], name="branch_name_of_tenant")]

    def __str__(self) -> str:
        return self.name


class Terminal(models.Model):
    """A till in a branch."""

    branch = models.ForeignKey(Branch, on_delete=models.CASCADE, related_name="terminals")
    name = models.CharField(max_length=100)

    class Meta:
        """One name per branch."""

        ordering: ClassVar = ["pk"]
        constraints: ClassVar = [models.UniqueConstraint(fields=["branch", "name"], name="terminal_name_of_branch")]

    def __str__(self) -> str:
        return self.name


class User(AbstractUser):
    """Somebody who logs in. Without a tenant: the platform's own staff."""

    tenant = models.ForeignKey(Tenant, on_delete=models.CASCADE, null=True, blank=True, related_name="users")
