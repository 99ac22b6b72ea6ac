CHECK = "elasticbeanstalk.environment_runs"
CALL = {"application": "catnip", "environment": "catnip-prod"}


class TestRight:
    def test_it_is_there(self, beanstalk, passes):
        beanstalk("catnip", "catnip-prod")
        passes(CHECK, **CALL)

    def test_beside_others(self, beanstalk, passes):
        beanstalk("other", "other-prod")
        beanstalk("catnip", "catnip-dev", "catnip-prod")
        passes(CHECK, **CALL)

    def test_on_the_platform(self, beanstalk, told, passes):
        told(SolutionStackName="64bit Amazon Linux 2023 v4.3.0 running Python 3.11", Health="Green")
        beanstalk("catnip", "catnip-prod")
        passes(CHECK, **CALL, platform="python")


class TestWrong:
    def test_no_environment(self, beanstalk, fails):
        beanstalk("catnip")
        fails(CHECK, "catnip has no environment catnip-prod", "runs nowhere", **CALL)

    def test_it_was_terminated(self, beanstalk, told, fails):
        told(Status="Terminated")
        beanstalk("catnip", "catnip-prod")
        fails(CHECK, "The one of that name was terminated", **CALL)

    def test_it_is_not_ready(self, beanstalk, told, fails):
        told(Status="Launching")
        beanstalk("catnip", "catnip-prod")
        fails(CHECK, "catnip-prod is Launching", **CALL)

    def test_it_is_red(self, beanstalk, told, fails):
        told(Health="Red")
        beanstalk("catnip", "catnip-prod")
        fails(CHECK, "its health is Red", **CALL)

    def test_another_platform(self, beanstalk, told, fails):
        told(SolutionStackName="64bit Amazon Linux 2023 running Node.js 20")
        beanstalk("catnip", "catnip-prod")
        fails(CHECK, "running Node.js 20, not on Python", **CALL, platform="Python")


class TestNearMiss:
    def test_of_another_application(self, beanstalk, fails):
        beanstalk("catnip")
        beanstalk("dognip", "catnip-prod")
        fails(CHECK, "is an environment of dognip, not of catnip", **CALL)

    def test_almost_the_name(self, beanstalk, fails):
        beanstalk("catnip", "catnip-prd")
        fails(CHECK, "There is catnip-prd", **CALL)

    def test_almost_the_application(self, beanstalk, fails):
        beanstalk("Catnip")
        fails(CHECK, "There is Catnip", **CALL)
