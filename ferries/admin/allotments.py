"""Customer groups, and the shares of sailings that are kept for them."""

from typing import Any, ClassVar

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet, Sum
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect

from ferries.models import Allotment, AllotmentRule, CustomerGroup
from ferries.operations import allot
from maritime.lib import clock
from maritime.lib.errors import MaritimeError


class CustomerGroupForm(forms.ModelForm):
    """A group; members type its code in any case."""

    def clean_code(self) -> str:
        """Store the code as it is compared: lower case."""
        code: str = self.cleaned_data["code"]
        return code.casefold()


@admin.register(CustomerGroup)
class CustomerGroupAdmin(admin.ModelAdmin):
    form = CustomerGroupForm
    list_display = ("name", "code", "operator")
    list_filter = ("operator",)
    list_select_related = ("operator",)
    search_fields = ("code", "name", "operator__code")
    autocomplete_fields = ("operator",)
    ordering = ("operator__code", "code")


class AllotmentRuleForm(forms.ModelForm):
    """A rule for new sailings; the rules of a route keep no more than there is."""

    def clean(self) -> dict[str, Any]:
        """Refuse another operator's group, and shares of more than everything together."""
        values: dict[str, Any] = super().clean() or self.cleaned_data
        route, group, percent = (values.get(name) for name in ("route", "group", "percent"))
        if route and group and group.operator_id != route.operator_id:
            self.add_error("group", f"{group} belongs to another operator than the route.")
        if route and percent:
            others = AllotmentRule.objects.filter(route=route, resource=values.get("resource"))
            kept = others.exclude(pk=self.instance.pk).aggregate(total=Sum("percent"))["total"] or 0
            if kept + percent > 100:
                self.add_error("percent", f"Other rules of this route keep {kept} % already.")
        return values


@admin.register(AllotmentRule)
class AllotmentRuleAdmin(admin.ModelAdmin):
    form = AllotmentRuleForm
    list_display = ("route", "group", "resource", "percent", "release_hours")
    list_filter = ("route__operator", "group")
    list_select_related = ("route__origin", "route__destination", "group__operator")
    search_fields = ("group__name", "resource")
    autocomplete_fields = ("route", "group")
    ordering = ("route__operator__code", "pk")


class AllotmentForm(forms.ModelForm):
    """A share, checked by the operation before it is asked to act."""

    class Meta:
        model = Allotment
        fields = ("sailing", "group", "resource", "amount", "release_at")
        help_texts: ClassVar = {
            "resource": "persons, foot, deck:CODE, acc:CODE, pet:kennel ... of this sailing"
        }

    def clean(self) -> dict[str, Any]:
        """Show at the amount what the operation would refuse, with its numbers."""
        values: dict[str, Any] = super().clean() or self.cleaned_data
        if self.errors:
            return values
        # The page of a share that is there shows its sailing, group and resource without fields.
        share = self.instance
        try:
            allot.check_allotment(
                values.get("sailing") or share.sailing,
                group=values.get("group") or share.group,
                resource=values.get("resource") or share.resource,
                amount=values["amount"],
            )
        except MaritimeError as error:
            self.add_error("amount", error.message)
        return values


@admin.register(Allotment)
class AllotmentAdmin(admin.ModelAdmin):
    """Shares are written by the operation, which moves the space in the pools along with them."""

    form = AllotmentForm
    list_display = ("sailing", "group", "resource", "amount", "sold", "release_at")
    list_filter = ("group", "sailing__operator")
    list_select_related = ("sailing", "group__operator")
    search_fields = ("sailing__source_ref", "group__name", "group__code", "resource")
    autocomplete_fields = ("sailing", "group")
    ordering = ("sailing__departs_at", "pk")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Allotment]:
        """Load the pools with the list, which shows what is sold of them."""
        return super().get_queryset(request).prefetch_related("pools")

    def get_readonly_fields(
        self, request: HttpRequest, obj: Allotment | None = None
    ) -> tuple[str, ...]:
        """Let only amount and release change: anything else is another share."""
        return ("sailing", "group", "resource") if obj else ()

    def save_model(
        self, request: HttpRequest, obj: Allotment, form: forms.ModelForm, change: bool
    ) -> None:
        saved = allot.allot(
            obj.sailing,
            group=obj.group,
            resource=obj.resource,
            amount=obj.amount,
            release_at=obj.release_at,
            now=clock.now(),
        )
        obj.pk = saved.pk

    def delete_model(self, request: HttpRequest, obj: Allotment) -> None:
        self._withdraw(request, obj)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Allotment]) -> None:
        for allotment in queryset.order_by("pk"):
            self._withdraw(request, allotment)

    def get_deleted_objects(
        self, objs: Any, request: HttpRequest
    ) -> tuple[list[str], dict[str, int], set[str], list[str]]:
        """Show the shares only: their pools go back to everybody, they are not lost."""
        names = [str(each) for each in objs]
        return names, {"allotments": len(names)}, set(), []

    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Answer with a sentence when sales were faster than the check of the form."""
        try:
            return super().changeform_view(request, *args, **kwargs)
        except MaritimeError as error:
            self.message_user(request, error.message, messages.ERROR)
            return HttpResponseRedirect(request.get_full_path())

    @admin.display(description="sold to the group")
    def sold(self, allotment: Allotment) -> int:
        rows = (pool for pool in allotment.pools.all() if pool.resource == allotment.resource)
        return max((pool.used for pool in rows), default=0)

    def _withdraw(self, request: HttpRequest, allotment: Allotment) -> None:
        left = allot.withdraw(allotment, now=clock.now())
        if left:
            self.message_user(
                request, f"{left} stay sold to {allotment.group.name}.", messages.WARNING
            )
