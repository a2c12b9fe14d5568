"""What every route here needs: the service's store, and the project that the path names."""

from typing import Annotated

from fastapi import Depends, Path, Request

from contracts.ids import ProjectId
from services.projects.store import ProjectsStore


def _data(request: Request) -> ProjectsStore:
    data: ProjectsStore = request.app.state.data
    return data


Data = Annotated[ProjectsStore, Depends(_data)]


async def _project_id(data: Data, id: Annotated[str, Path(description="Id or slug", max_length=200)]) -> ProjectId:
    return await data.projects.id_of(id)


Id = Annotated[ProjectId, Depends(_project_id)]
