from django.db import migrations, models

# Of charges, refunds and disputes the text tells the intent.
NAME_INTENTS = r"""
    UPDATE payments_webhookevent SET intent_id = CASE
        WHEN type LIKE 'payment\_intent.%' THEN object_id
        ELSE coalesce(
            substring(body from '"payment_intent"\s*:\s*"(pi_[A-Za-z0-9_]{1,77})"'), '')
        END
"""


class Migration(migrations.Migration):
    dependencies = [
        ("payments", "0005_inquiries"),
    ]

    operations = [
        migrations.AlterModelOptions(
            name="ledgerentry",
            options={"verbose_name_plural": "ledger entries"},
        ),
        migrations.AddField(
            model_name="webhookevent",
            name="intent_id",
            field=models.CharField(blank=True, db_default="", default="", max_length=80),
        ),
        migrations.RunSQL(NAME_INTENTS, migrations.RunSQL.noop),
        migrations.AddIndex(
            model_name="webhookevent",
            index=models.Index(fields=["intent_id"], name="event_by_intent"),
        ),
    ]
