"""What is said over a socket, from the greeting to the last room, on both servers."""

from tests.rooms.stage import Stage


def test_a_room_is_joined_listened_to_and_left(stage: Stage) -> None:
    ada = stage.person()
    story = stage.archive.keep(ada.id)
    page = stage.open(ada.token)
    joined = page.join(story.session_id)
    assert (joined["recovered"], joined["seq"], joined["access"]) == (False, 0, "owner")
    assert joined["snapshot"]["sessionId"] == str(story.session_id)
    presence = page.listen()
    assert (presence["type"], presence["people"][0]["name"]) == ("presence", "ada")
    turn = story.turn()
    stage.now(stage.hub.publish, story.starts(turn))
    stage.now(stage.hub.publish, story.says(turn.responses[0], "Because 🦊"))
    assert page.until("model_chunk")["chunk"] == "Because 🦊"
    assert page.ask("leave_session", sessionId=str(story.session_id))["type"] == "ack"
    stage.now(stage.hub.publish, story.says(turn.responses[0], "unheard"))
    assert page.ask("typing", sessionId=str(story.session_id))["code"] == "not_joined"
    assert not [said for said in page.kept if said.get("chunk") == "unheard"]
