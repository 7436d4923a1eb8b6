// Needs ./sahamati, made by: openapi-generator-cli generate --skip-validate-spec -g go -i sahamati.yaml -o sahamati -p packageName=sahamati,withGoMod=false
package main

import (
	"context"
	"errors"
	"fmt"
	"log"
	"net/http"
	"os"

	"example/sahamati"
)

func main() {
	configuration := sahamati.NewConfiguration()
	configuration.Servers = sahamati.ServerConfigurations{{URL: os.Getenv("SAHAMATI_SANDBOX_BASE_URL")}}
	client := sahamati.NewAPIClient(configuration)

	tokenRequest := client.TokenAPI.GenerateEntityToken(context.Background())
	response, _, err := tokenRequest.Id(os.Getenv("SAHAMATI_SANDBOX_ENTITY_ID")).Secret(os.Getenv("SAHAMATI_SANDBOX_SECRET")).Execute()

	var failed *sahamati.GenericOpenAPIError
	if errors.As(err, &failed) {
		rejection, _ := failed.Model().(sahamati.ErrorResponse)
		log.Fatal("sahamati: no token, code ", rejection.GetErrorCode())
	} else if err != nil {
		log.Fatal("sahamati: ", err)
	}

	lifetime := response.GetExpiresIn()
	if lifetime <= 0 {
		lifetime = 86400
	}

	// The emulator's echo API stands for the API that you want to use.
	request, _ := http.NewRequest("GET", os.Getenv("SAHAMATI_SANDBOX_BASE_URL")+"/echo", nil)
	request.Header.Set("Authorization", "Bearer "+response.AccessToken)
	apiResponse, err := http.DefaultClient.Do(request)
	if err != nil {
		log.Fatal("sahamati: ", err)
	}
	fmt.Printf("sahamati: a token for %d s, the API responded with %d\n", lifetime, apiResponse.StatusCode)
}
