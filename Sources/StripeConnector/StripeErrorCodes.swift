/// Every error code of API version 2026-10-28.endive with its class.
///
/// Reviewed data: a test reads Stripe's list of codes and fails when one is missing here or stands
/// here twice. Codes of calls that Clearway does not make yet are classed as well, so that a new
/// command brings no unclassed error.
extension StripeErrorTable {
    static let codes: [(class: StripeErrorClass, codes: [String])] = [
        (
            // A limiter.
            .throttled,
            [
                "rate_limit"
            ]
        ),
        (
            // Another call holds the object.
            .locked,
            [
                "lock_timeout"
            ]
        ),
        (
            // The first call with the key still runs.
            .inFlight,
            [
                "idempotency_key_in_use"
            ]
        ),
        (
            // Not saved under the key; passes within seconds.
            .transient,
            [
                "forwarding_api_retryable_upstream_error", "terminal_reader_busy",
                "terminal_reader_offline", "token_in_use",
            ]
        ),
        (
            // A system behind Stripe did not answer.
            .unknown,
            [
                "forwarding_api_upstream_connection_error",
                "forwarding_api_upstream_connection_timeout", "forwarding_api_upstream_error",
                "terminal_reader_timeout",
            ]
        ),
        (
            // The key, the account or the mode is wrong for every call.
            .channelDown,
            [
                "account_invalid", "api_key_expired", "livemode_mismatch",
                "platform_account_required", "platform_api_key_expired", "secret_key_required",
                "testmode_charges_only", "tls_version_unsupported",
            ]
        ),
        (
            // Perhaps done already: the state is read before anybody is bothered.
            .converged,
            [
                "charge_already_captured", "charge_already_refunded", "intent_invalid_state",
                "payment_intent_unexpected_state", "status_transition_invalid",
            ]
        ),
        (
            // Check the account and the mode first, then the id.
            .referenceMissing,
            [
                "missing", "resource_missing",
            ]
        ),
        (
            // The authorization is gone; only a new payment helps.
            .expired,
            [
                "capture_charge_authorization_expired", "charge_expired_for_capture",
            ]
        ),
        (
            // An hourly limit, or a report that is not ready.
            .deferred(hours: 1),
            [
                "payment_intent_rate_limit_exceeded", "payout_reconciliation_not_ready",
            ]
        ),
        (
            // Daily limits and missing money. Stripe saves these answers under the key for 24 hours:
            // before then the same key would only bring the same answer again.
            .deferred(hours: 25),
            [
                "balance_insufficient", "card_decline_rate_limit_exceeded",
                "instant_payouts_limit_exceeded", "payouts_limit_exceeded",
            ]
        ),
        (
            // Our request, or the set-up of the account for it, is wrong. Also set-up that a person
            // must change: the request would fail the same way for ever.
            .defect,
            [
                "account_country_invalid_address",
                "account_error_country_change_requires_additional_steps",
                "account_token_required_for_v2_account", "alipay_upgrade_required",
                "application_fees_not_allowed", "balance_invalid_parameter",
                "bank_account_bad_routing_numbers", "bitcoin_upgrade_required",
                "capability_not_active", "cardholder_phone_number_required",
                "charge_invalid_parameter", "clearing_code_unsupported", "country_code_invalid",
                "country_unsupported", "customer_tax_location_invalid",
                "dispute_evidence_page_limit_exceeded", "email_invalid",
                "financial_account_balance_does_not_support_currency",
                "financial_account_capability_not_enabled",
                "financial_connections_consent_locale_invalid",
                "financial_connections_consent_locale_unsupported", "forwarding_api_inactive",
                "forwarding_api_invalid_parameter", "instant_payouts_config_disabled",
                "instant_payouts_currency_disabled", "instant_payouts_unsupported",
                "intent_verification_method_missing", "invalid_canceled_subscription_fields",
                "invalid_characters", "invalid_charge_amount",
                "invalid_mandate_reference_prefix_format", "invalid_source_usage",
                "invalid_tax_location", "invoice_no_customer_line_items",
                "invoice_no_payment_method_types", "invoice_no_subscription_line_items",
                "invoice_not_editable", "invoice_on_behalf_of_not_editable",
                "invoice_upcoming_none", "not_allowed_on_standard_account",
                "ownership_declaration_not_allowed", "parameter_invalid_empty",
                "parameter_invalid_integer", "parameter_invalid_string_blank",
                "parameter_invalid_string_empty", "parameter_missing", "parameter_unknown",
                "parameters_exclusive", "payment_evaluation_on_api_version_not_supported",
                "payment_intent_incompatible_payment_method", "payment_intent_invalid_parameter",
                "payment_method_billing_details_address_missing",
                "payment_method_configuration_failures", "payment_method_currency_mismatch",
                "payment_method_invalid_parameter", "payment_method_invalid_parameter_testmode",
                "payment_method_unsupported_type", "payouts_not_allowed", "postal_code_invalid",
                "product_inactive", "resource_already_exists", "routing_number_invalid",
                "service_period_coupon_with_metered_tiered_item_unsupported",
                "setup_intent_invalid_parameter", "setup_intent_mobile_wallet_unsupported",
                "shipping_address_invalid", "siret_invalid", "sku_inactive",
                "smart_disputes_not_available", "state_unsupported", "storer_capability_missing",
                "storer_capability_not_active", "stripe_tax_inactive",
                "subscription_update_trial_after_billing_cycle_anchor", "tax_id_invalid",
                "tax_id_prohibited", "terminal_location_country_unsupported",
                "terminal_reader_invalid_location_for_activation",
                "terminal_reader_invalid_location_for_payment", "token_already_used",
                "token_card_network_invalid", "transfer_source_balance_parameters_mismatch",
                "transfers_not_allowed", "url_invalid",
            ]
        ),
        (
            // The issuer, the payment method, the payment or a rule of the merchant says no. Stripe
            // saves these under the key, so the same call would bring the same answer.
            .business,
            [
                "account_closed", "account_information_mismatch", "account_number_invalid",
                "acss_debit_session_incomplete", "action_blocked", "amount_too_large",
                "amount_too_small", "anomalous_money_movement_request", "approval_required",
                "authentication_failure", "authentication_required", "bank_account_declined",
                "bank_account_exists", "bank_account_restricted", "bank_account_unusable",
                "bank_account_unverified", "bank_account_verification_failed",
                "billing_invalid_mandate", "capture_unauthorized_payment", "card_declined",
                "charge_disputed", "charge_exceeds_source_limit",
                "charge_exceeds_transaction_limit", "charge_not_refundable", "coupon_expired",
                "customer_max_payment_methods", "customer_max_subscriptions",
                "customer_session_expired", "debit_not_authorized", "expired_card",
                "expired_payment_method", "failed_tax_calculation",
                "financial_account_capability_restricted", "financial_connections_account_inactive",
                "financial_connections_account_pending_account_numbers",
                "financial_connections_account_unavailable_account_numbers",
                "financial_connections_no_successful_transaction_refresh", "incorrect_address",
                "incorrect_cvc", "incorrect_number", "incorrect_postal_code", "incorrect_zip",
                "india_recurring_payment_mandate_canceled", "insufficient_funds",
                "invalid_card_type", "invalid_cvc", "invalid_expiry_month", "invalid_expiry_year",
                "invalid_number", "invoice_payment_intent_requires_action", "no_account",
                "out_of_inventory", "payment_intent_action_required",
                "payment_intent_authentication_failure",
                "payment_intent_konbini_rejected_confirmation_number",
                "payment_intent_mandate_invalid", "payment_intent_payment_attempt_expired",
                "payment_intent_payment_attempt_failed",
                "payment_method_bank_account_already_verified",
                "payment_method_bank_account_blocked", "payment_method_customer_decline",
                "payment_method_microdeposit_failed",
                "payment_method_microdeposit_processing_error",
                "payment_method_microdeposit_verification_amounts_invalid",
                "payment_method_microdeposit_verification_amounts_mismatch",
                "payment_method_microdeposit_verification_attempts_exceeded",
                "payment_method_microdeposit_verification_descriptor_code_mismatch",
                "payment_method_microdeposit_verification_timeout", "payment_method_not_available",
                "payment_method_provider_decline", "payment_method_provider_timeout",
                "payment_method_restricted", "payment_method_unactivated",
                "payment_method_unexpected_state", "processing_error",
                "progressive_onboarding_limit_exceeded", "refer_to_customer",
                "refund_disputed_payment", "request_blocked", "return_intent_already_processed",
                "sepa_unsupported_account", "setup_attempt_failed",
                "setup_intent_authentication_failure", "setup_intent_mandate_invalid",
                "setup_intent_setup_attempt_expired", "setup_intent_unexpected_state",
                "shipping_calculation_failed", "taxes_calculation_failed",
                "terminal_reader_hardware_fault", "three_d_secure_authentication_not_supported",
                "three_d_secure_authentication_upstream_error",
            ]
        ),
    ]
}
