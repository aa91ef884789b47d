"""How staff say what goes back and why, and how travellers enter a voucher."""

from decimal import InvalidOperation
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from maritime.lib.money import format_minor, parse_major
from payments.models import Payment

KEY_LENGTH = 80


class VoucherForm(forms.Form):
    """The code as it stands in a mail; blanks, dashes and small letters do no harm."""

    code = forms.CharField(max_length=40, label=_("Voucher code"))


class RefundForm(forms.Form):
    """An amount in the units that people write; the hidden key makes two clicks one refund."""

    amount = forms.CharField(max_length=20, label="Amount")
    reason = forms.CharField(max_length=100, label="Reason")
    request_key = forms.CharField(max_length=KEY_LENGTH, widget=forms.HiddenInput)

    def __init__(self, *args: Any, payment: Payment, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.payment = payment
        left = format_minor(payment.left, payment.currency)
        self.fields["amount"].help_text = f"At most {left}."

    def clean_amount(self) -> int:
        """Return the amount in minor units."""
        text = self.cleaned_data["amount"].strip().replace(",", ".")
        try:
            amount = parse_major(text, self.payment.currency)
        except (InvalidOperation, ValueError, OverflowError) as error:
            raise forms.ValidationError("Write an amount such as 12.50.") from error
        left = self.payment.left
        if not 0 < amount <= left:
            raise forms.ValidationError(
                f"Between {format_minor(1, self.payment.currency)} and "
                f"{format_minor(left, self.payment.currency)}."
            )
        return amount
