//! What a ledger is: one list of stories that every engine has to tell the same way. Each story gets a fresh store.

/// Makes one test of each story. `$open` is an async function that returns a fresh store and whatever keeps it alive.
macro_rules! conformance {
    ($open:path) => {
        conformance! { @ $open:
            catalog::accounts_are_named_once_and_can_be_revoked,
            catalog::a_key_is_worked_on_once_and_answered_the_same_ever_after,
            catalog::names_get_ids_once,
            catalog::an_import_run_twice_changes_nothing_more,
            catalog::an_import_keeps_what_people_and_carriers_said,
            catalog::people_are_found_by_area_and_group,
            catalog::a_template_is_kept_version_by_version,
            lifecycle::alerts_change_only_from_where_the_decision_found_them,
            lifecycle::an_edit_makes_a_version_and_voids_approval_and_freeze,
            lifecycle::alerts_are_listed_and_fanned_out_urgent_first,
            audience::people_are_left_out_with_the_first_reason_that_holds,
            audience::freeze_and_accept_resume_in_chunks_of_any_size,
            audience::whoever_comes_after_the_approval_is_not_in_the_list,
            audience::an_alert_without_targets_is_complete_at_once,
            audience::a_preview_tells_what_a_freeze_finds,
            states::every_state_meets_every_event,
            claims::a_lane_has_one_owner_and_an_epoch_for_each,
            claims::a_stale_owner_writes_nothing,
            claims::urgent_goes_first_and_bulk_has_its_share,
            claims::retries_that_are_due_go_before_first_attempts,
            claims::nothing_is_claimed_while_paused_or_after_the_end,
            settling::a_flush_repeated_counts_nothing_twice,
            settling::parts_that_got_through_are_not_sent_again,
            settling::a_second_end_of_an_attempt_changes_nothing,
            settling::a_late_answer_proves_a_message_sent,
            settling::uncertain_follows_the_policy,
            settling::a_refused_resend_stays_in_doubt,
            settling::what_comes_back_after_the_end_ends_with_it,
            settling::a_stranger_to_the_claim_changes_nothing,
            receipts::receipts_repeated_or_contradicting_change_nothing,
            receipts::a_receipt_before_its_submission_waits_for_it,
            receipts::other_forms_of_a_reference_need_the_number_to_agree,
            receipts::a_receipt_of_another_message_under_way_ends_no_doubt,
            receipts::an_uncertain_message_is_found_by_its_number_if_it_is_alone,
            receipts::parts_fold_in_any_order,
            receipts::a_late_receipt_moves_an_unconfirmed_message,
            receipts::a_receipt_of_an_earlier_attempt_ends_a_resend_under_way,
            receipts::memory_is_believed_only_with_the_submission,
            receipts::open_references_are_those_without_an_end,
            sweeping::a_dead_owners_claims_become_uncertain_or_are_sent_again,
            sweeping::an_answer_after_the_take_over_still_counts,
            sweeping::expiry_empties_the_queue_and_nothing_else,
            sweeping::cancelling_empties_the_queue_and_nothing_else,
            sweeping::overdue_receipts_are_marked_in_steps,
            sweeping::what_is_half_sent_and_under_way_is_not_overdue,
            sweeping::alerts_end_when_nothing_is_left_to_wait_for,
            reports::pages_and_filters_find_each_message_once,
            reports::a_trail_tells_the_story_in_order,
            reports::areas_add_up_to_the_counters,
            reports::inbound_and_ping_are_taken,
            plans::a_step_is_for_those_not_reached_before,
            plans::a_step_begins_early_when_nothing_is_open_before_it,
            plans::what_a_step_did_not_send_is_over_with_it,
            plans::an_alert_waits_for_its_steps_and_ends_with_them,
            plans::all_at_once_is_a_message_on_each_and_one_person,
            plans::plain_alerts_show_their_persons_page_by_page,
            plans::a_page_is_sent_once_unless_its_absence_is_proved,
            plans::those_an_alert_reached_are_found_exactly,
            plans::contacts_are_people_and_may_refuse,
            plans::a_follower_moves_and_is_recognised_by_the_telephone,
            plans::one_of_many_replaces_a_pair_of_tokens,
            plans::templates_and_pictures_are_kept_once,
            chance::whatever_happens_everything_is_counted_once,
        }
    };
    (@ $open:path: $($subject:ident::$story:ident,)+) => {
        $(
            #[tokio::test]
            async fn $story() {
                let (store, _keep) = $open().await;
                super::$subject::$story(&store).await;
            }
        )+
    };
}

mod audience;
mod catalog;
mod chance;
mod claims;
mod lifecycle;
mod migrations;
mod plans;
mod receipts;
mod reports;
mod settling;
mod states;
mod sweeping;
mod world;

mod postgres;
mod sqlite;
