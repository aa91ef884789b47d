"""What all pages about money share: no row is edited, and buttons run the list's own actions."""

from collections.abc import Callable, Iterable
from typing import Any, ClassVar

from django.contrib import admin, messages
from django.contrib.admin import helpers
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse

from maritime.lib.errors import MaritimeError

FROM_PAGE = "from_page"
CONFIRMED = "confirmed"
NOT_POSSIBLE = "This cannot be done with what you have chosen, in the state in which it is."


class ReadOnlyAdmin(admin.ModelAdmin):
    """Facts about money are read here; they change by operations only."""

    ordering: ClassVar[tuple[Any, ...]] = ("-pk",)
    list_per_page = 50
    show_full_result_count = False
    change_form_template = "admin/payments/read_only.html"
    # Fields of the row that the page tells in a better way, or whose text nobody wants to read.
    hidden: tuple[str, ...] = ()
    # What the page shows before the row's own fields.
    extra_fields: tuple[str, ...] = ()

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def get_fields(self, request: HttpRequest, obj: Model | None = None) -> list[Any]:
        """Return the fields of the page: the extra ones, then all of the row but the hidden."""
        own = [field.name for field in self.opts.fields if field.name not in ("id", *self.hidden)]
        return [*self.extra_fields, *own]

    def get_readonly_fields(self, request: HttpRequest, obj: Model | None = None) -> list[Any]:
        """Return all fields: Django needs to know the extra ones as read-only."""
        return self.get_fields(request, obj)

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """Show the row with a button for each action that makes sense for it now."""
        row = self.get_object(request, object_id)
        buttons = self._buttons(request, row) if row else []
        context = {"buttons": buttons, "from_page": FROM_PAGE, **(extra_context or {})}
        return super().change_view(request, object_id, form_url, context)

    def buttons_of(self, row: Any) -> Iterable[str]:
        """Return the names of the actions that make sense for the row now."""
        return ()

    def is_confirmed(self, request: HttpRequest) -> bool:
        """Tell whether staff have confirmed an action that moves money."""
        return CONFIRMED in request.POST

    def ask(
        self, request: HttpRequest, rows: QuerySet[Any], *, action: str, title: str
    ) -> HttpResponse | None:
        """Return the page on which staff confirm an action: it names every row that it is for."""
        possible = [row for row in rows if action in self.buttons_of(row)]
        left_out = len(rows) - len(possible)
        if not possible:
            self.message_user(request, NOT_POSSIBLE, messages.ERROR)
            return self.back_to_page(request, rows)
        context = {
            **self.admin_site.each_context(request),
            "title": title,
            "opts": self.opts,
            "action": action,
            "rows": possible,
            "left_out": left_out,
            "checkbox": helpers.ACTION_CHECKBOX_NAME,
            "confirmed": CONFIRMED,
            "from_page": FROM_PAGE if FROM_PAGE in request.POST else "",
        }
        return TemplateResponse(request, "admin/payments/confirm.html", context)

    def apply(
        self,
        request: HttpRequest,
        rows: QuerySet[Any],
        operation: Callable[[Any], object],
        *,
        done: str,
    ) -> HttpResponse | None:
        """Run the operation for each row; say what happened, and go back to where staff were."""
        count = 0
        for row in rows:
            try:
                operation(row)
            except MaritimeError as error:
                self.message_user(request, f"{row}: {error.message}", messages.ERROR)
            else:
                count += 1
                self.log_change(request, row, done)
        if count:
            self.message_user(request, f"{done}: {count}.", messages.SUCCESS)
        return self.back_to_page(request, rows)

    def back_to_page(self, request: HttpRequest, rows: QuerySet[Any]) -> HttpResponse | None:
        """Return a redirect to the row's page if its button was pressed there."""
        row = rows.first() if FROM_PAGE in request.POST else None
        if row is None:
            return None
        name = f"admin:{self.opts.app_label}_{self.opts.model_name}_change"
        return HttpResponseRedirect(reverse(name, args=[row.pk]))

    def _buttons(self, request: HttpRequest, row: Any) -> list[tuple[str, str]]:
        offered = self.get_actions(request)
        found = ((name, offered.get(name)) for name in self.buttons_of(row))
        return [(name, action[2]) for name, action in found if action]


def actor_of(request: HttpRequest) -> str:
    """Return how operations know the signed-in member of staff."""
    return f"staff:{request.user.pk}"
