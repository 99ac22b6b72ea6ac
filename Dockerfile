# One image for every process of a team's installation: docker-compose.yml says which one each container runs.
FROM python:3.11-slim-bookworm
ENV PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 SKYLAB_DATA=/data
RUN useradd --create-home --uid 10001 skylab && mkdir /data && chown skylab /data
WORKDIR /app
COPY requirements requirements
COPY pyproject.toml README.md manage.py ./
COPY platform platform
COPY courses courses
COPY labs labs
COPY graders graders
COPY templates templates
COPY static static
COPY frontend frontend
RUN python requirements/install.py base
# The browser terminal; what its build needs does not stay in the image.
RUN .venv/bin/python frontend/build.py --strict && rm -rf frontend/node_modules .venv/node
ENV PATH=/app/.venv/bin:$PATH
USER skylab
VOLUME /data
EXPOSE 8000 4566
CMD ["uvicorn", "skylab.asgi:application", "--host", "0.0.0.0", "--port", "8000"]
