// Needs ./sahamatilegacy, made by: openapi-generator-cli generate --skip-validate-spec -g go -i sahamatilegacy.yaml -o sahamatilegacy -p packageName=sahamatilegacy,withGoMod=false
package main

import (
	"context"
	"errors"
	"fmt"
	"log"
	"net/http"
	"os"

	"example/sahamatilegacy"
)

func main() {
	configuration := sahamatilegacy.NewConfiguration()
	configuration.Servers = sahamatilegacy.ServerConfigurations{{URL: os.Getenv("SAHAMATILEGACY_SANDBOX_BASE_URL")}}
	client := sahamatilegacy.NewAPIClient(configuration)

	entity := sahamatilegacy.BasicAuth{UserName: os.Getenv("SAHAMATILEGACY_SANDBOX_ENTITY_ID"), Password: os.Getenv("SAHAMATILEGACY_SANDBOX_SECRET")}
	authorized := context.WithValue(context.Background(), sahamatilegacy.ContextBasicAuth, entity)
	response, _, err := client.TokenAPI.RequestToken(authorized).GrantType("client_credentials").Scope("openid").Execute()

	var failed *sahamatilegacy.GenericOpenAPIError
	if errors.As(err, &failed) {
		rejection, _ := failed.Model().(sahamatilegacy.ErrorResponse)
		log.Fatal("sahamatilegacy: no token, code ", rejection.GetError())
	} else if err != nil {
		log.Fatal("sahamatilegacy: ", err)
	}

	lifetime := response.GetExpiresIn()
	if lifetime <= 0 {
		lifetime = 86400
	}

	// The emulator's echo API stands for the API that you want to use.
	request, _ := http.NewRequest("GET", os.Getenv("SAHAMATILEGACY_SANDBOX_BASE_URL")+"/echo", nil)
	request.Header.Set("Authorization", "Bearer "+response.AccessToken)
	apiResponse, err := http.DefaultClient.Do(request)
	if err != nil {
		log.Fatal("sahamatilegacy: ", err)
	}
	fmt.Printf("sahamatilegacy: a token for %d s, the API responded with %d\n", lifetime, apiResponse.StatusCode)
}
