"""What a worker knows of itself."""

from gateway.settings import load


def test_a_worker_can_talk_where_a_model_takes_calls(context):
    environ = {
        "DATA_DIR": str(context.settings.data_dir),
        "OPENAI_REALTIME_URL": "ws://127.0.0.1:1/v1/realtime",
    }
    context.settings = load(environ, None)
    assert context.can_talk


def test_without_a_model_it_can_talk_in_the_attendants_voice(context):
    assert context.settings.realtime_url is None
    assert context.can_talk  # eSpeak NG comes with the extra that tests need
