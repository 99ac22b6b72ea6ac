import json

import pytest

from graders import Outcome
from tests.graders.checks.stepfunctions.conftest import NAME, orders, task

CHECK = "stepfunctions.workflow_behaves"
SMALL = {"machine": NAME, "given": '{"id": "7", "total": 50}'}
LARGE = {"machine": NAME, "given": '{"id": "7", "total": 150}'}
RETRY = {"Retry": [{"ErrorEquals": ["States.TaskFailed"], "IntervalSeconds": 1, "MaxAttempts": 3, "BackoffRate": 2.0}]}
BROKEN = {"charge": "fails CardRefused"}


def catch(*errors):
    return {"Catch": [{"ErrorEquals": list(errors), "Next": "Review"}]}


def times_seven(**more):
    one = {"StartAt": "P", "States": {"P": task("arn:aws:lambda:us-east-1:1:function:x7")}}
    state = {"Type": "Map", "ItemsPath": "$.MyItems", "ItemProcessor": one, "End": True, **more}
    return {"StartAt": "M", "States": {"M": state}}


class TestRight:
    def test_a_small_order_is_saved(self, machine, passes):
        machine(orders())
        passes(CHECK, **SMALL, calls=["charge", "dynamodb:putItem"], never_calls=["sqs:sendMessage"])

    def test_the_choice_the_other_way_round(self, machine, passes):
        definition = orders()
        rule = {"Variable": "$.total", "NumericLessThanEquals": 100, "Next": "Charge"}
        definition["States"]["Size"] |= {"Choices": [rule], "Default": "Review"}
        machine(definition)
        passes(CHECK, **LARGE, calls=["sqs:sendMessage"], never_calls=["dynamodb:putItem", "charge"])
        passes(CHECK, **(SMALL | {"given": '{"id": "7", "total": 100}'}), calls=["dynamodb:putItem"])

    def test_retries_that_help(self, machine, passes):
        machine(orders(**RETRY))
        passes(CHECK, **SMALL, tasks={"charge": "fails CardRefused 2"}, backoff_at_least=2)

    def test_a_catch_of_everything(self, machine, passes):
        machine(orders(**RETRY, **catch("States.ALL")))
        passes(CHECK, **SMALL, tasks=BROKEN, caught="charge", ends="any", never_calls=["dynamodb:putItem"])

    @pytest.mark.parametrize("path", ["$..multiplied[*]", "$[*].multiplied[*]"])
    def test_a_map_in_batches_that_merges(self, machine, passes, path):
        machine(times_seven(ItemBatcher={"MaxItemsPerBatch": 2}, ResultSelector={"multiplied.$": path}))
        passes(
            CHECK,
            machine=NAME,
            given='{"MyItems": [1, 2, 3]}',
            tasks={"x7": '{"multiplied": [7]}'},
            output='{"multiplied": [7, 7]}',
        )

    def test_branches_in_parallel_and_a_function_by_integration(self, machine, passes):
        call = task("arn:aws:states:::lambda:invoke", Parameters={"FunctionName": "charge", "Payload.$": "$"})
        branch = {"StartAt": "C", "States": {"C": call}}
        machine({"StartAt": "Both", "States": {"Both": {"Type": "Parallel", "Branches": [branch] * 2, "End": True}}})
        passes(CHECK, **SMALL, calls=["charge"], tasks={"charge": '"ok"'}, output='["ok", "ok"]')


class TestWrong:
    def test_another_threshold(self, machine, fails):
        machine(orders(1000))
        fails(
            CHECK, "It never comes to sqs:sendMessage", "goes through Size, Charge", **LARGE, calls=["sqs:sendMessage"]
        )

    def test_no_retry(self, machine, fails):
        machine(orders())
        fails(CHECK, "ends as FAILED with CardRefused", **SMALL, tasks={"charge": "fails CardRefused 1"})

    def test_a_retry_of_other_errors(self, machine, fails):
        machine(orders(Retry=[{"ErrorEquals": ["States.Timeout"]}]))
        fails(CHECK, "ends as FAILED with CardRefused", **SMALL, tasks={"charge": "fails CardRefused 1"})

    def test_pauses_that_do_not_grow(self, machine, fails):
        machine(orders(Retry=[{"ErrorEquals": ["States.ALL"], "BackoffRate": 1.0}]))
        fails(CHECK, "do not grow by 2", **SMALL, tasks={"charge": "fails CardRefused 2"}, backoff_at_least=2)

    def test_a_catch_of_other_errors(self, machine, fails):
        machine(orders(**catch("CardExpired")))
        fails(CHECK, "No Catch takes the error of charge", **SMALL, tasks=BROKEN, caught="charge", ends="any")

    def test_a_choice_without_a_default(self, machine, fails):
        definition = orders()
        del definition["States"]["Size"]["Default"]
        definition["States"]["Size"]["Choices"].append({"Variable": "$.total", "NumericLessThan": 10, "Next": "Charge"})
        machine(definition)
        fails(CHECK, "No rule of the Choice fits, and it has no Default", **SMALL)

    def test_lists_in_a_list(self, machine, fails):
        machine(times_seven())
        fails(
            CHECK,
            "It gives [[7], [7]]",
            machine=NAME,
            given='{"MyItems": [1, 2]}',
            tasks={"x7": "[7]"},
            output='{"multiplied": [7, 7]}',
        )

    def test_express_where_standard_is_asked_for(self, machine, fails):
        machine(orders(), type="EXPRESS")
        fails(CHECK, "is of type EXPRESS, not STANDARD", **SMALL, kind="STANDARD")


REFUSED = {
    "a target that is no state": (
        lambda d: d["States"]["Charge"].update(Next="Store"),
        "goes on to Store, which is no",
    ),
    "a state without an end": (lambda d: d["States"]["Save"].pop("End"), "Save needs either Next or End"),
    "States.ALL not last": (
        lambda d: d["States"]["Charge"].update(
            Catch=[{"ErrorEquals": ["States.ALL"], "Next": "Save"}, {"ErrorEquals": ["Oops"], "Next": "Review"}]
        ),
        "States.ALL must stand alone and last",
    ),
    "a type that does not exist": (lambda d: d["States"]["Save"].update(Type="Tasks"), "has the Type Tasks"),
    "a state that nothing leads to": (
        lambda d: d["States"].update(Lost={"Type": "Succeed"}),
        "No way leads to the state Lost",
    ),
    "a start that is no state": (lambda d: d.update(StartAt="Begin"), "StartAt names Begin"),
}


class TestNearMiss:
    @pytest.mark.parametrize("name", REFUSED)
    def test_a_definition_that_step_functions_refuses(self, machine, fails, name):
        change, words = REFUSED[name]
        definition = orders()
        change(definition)
        machine(definition)
        fails(CHECK, "Step Functions would refuse the definition of orders-flow", words, **SMALL)

    def test_another_name(self, machine, fails):
        machine(orders(), "order-flow")
        fails(CHECK, "There is order-flow", **SMALL)

    def test_jsonata_expressions_cost_nothing(self, machine, grade):
        output = {"Output": "{% $states.input.total * 7 %}"}
        state = {"Type": "Pass", "QueryLanguage": "JSONata", "End": True, **output}
        machine({"StartAt": "X", "States": {"X": state}})
        assert grade(CHECK, **SMALL).outcome is Outcome.ERROR

    def test_intrinsic_functions_are_worked_out(self, machine, passes):
        text = "States.Format('{} of {}', $.id, States.ArrayLength(States.Array(1, 'a, b', $.total)))"
        machine({"StartAt": "X", "States": {"X": {"Type": "Pass", "Parameters": {"said.$": text}, "End": True}}})
        passes(CHECK, **SMALL, output=json.dumps({"said": "7 of 3"}))
